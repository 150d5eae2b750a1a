// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <csignal>
#include <cstdint>
#include <functional>
#include <string>

namespace kmortem::scan {

/// What one worker may use.
struct WorkerLimits {
  std::chrono::milliseconds time{0};  ///< by the clock; 0: no limit
  uint64_t memory = 0;                ///< bytes of its own, mapped files not counted; 0: no limit
};

/// How a worker ended.
struct Ending {
  enum class How : uint8_t { finished, crashed, timed_out, out_of_memory };
  How how = How::crashed;
  std::string message;  ///< what the work returned; for `crashed` how it died, in a few words
  std::chrono::milliseconds duration{0};
  uint64_t memory_kb = 0;  ///< largest resident set
};

/// Runs each job in a process of its own, some at a time: whatever a job does to itself costs
/// nobody else. The processes are forks, and share what the parent had in memory; the parent must
/// have no other threads.
class WorkerPool {
 public:
  /// Runs in the child; its result is handed to the parent.
  using Work = std::function<std::string(size_t job)>;
  /// Runs in the parent, as jobs end, in whatever order; not called for jobs that were stopped.
  using Done = std::function<void(size_t job, Ending ending)>;

  WorkerPool(unsigned at_a_time, WorkerLimits limits) : at_a_time_(at_a_time), limits_(limits) {}

  /// Called some times a second, with the number of jobs that run.
  std::function<void(size_t)> on_tick;

  /// Runs jobs 0 to `count` - 1. Once `*stop` is not 0 it starts no more, ends those that run, and
  /// returns; a job that had finished by then counts. Returns how many jobs ended.
  size_t run(size_t count, const Work& work, const Done& done, const volatile sig_atomic_t* stop);

 private:
  unsigned at_a_time_;
  WorkerLimits limits_;
};

}  // namespace kmortem::scan
