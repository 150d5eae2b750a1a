// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/worker_pool.h"

#include <poll.h>

#include <algorithm>
#include <list>
#include <optional>
#include <utility>
#include <vector>

#include "scan/worker_process.h"

namespace kmortem::scan {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTick{100};
// A worker that has closed its pipe is about to exit.
constexpr milliseconds kExiting{1};

struct Running {
  size_t job;
  WorkerProcess process;
};

/// Until something comes from a worker, one's time is up, or it is time for a tick.
void wait_for_any(const std::list<Running>& running) {
  milliseconds longest = kTick;
  std::vector<pollfd> pipes;
  for (const Running& each : running) {
    if (each.process.fd() < 0) longest = kExiting;
    if (each.process.fd() >= 0) pipes.push_back({each.process.fd(), POLLIN, 0});
    if (const auto limit = each.process.deadline()) {
      const auto left = std::chrono::ceil<milliseconds>(*limit - WorkerProcess::Clock::now());
      longest = std::clamp(left, milliseconds(0), longest);
    }
  }
  // A signal ends it too: the flag it set is looked at next.
  poll(pipes.data(), pipes.size(), static_cast<int>(longest.count()));
}

class Run {
 public:
  Run(const WorkerPool::Work& work, const WorkerPool::Done& done, const WorkerLimits& limits)
      : work_(work), done_(done), limits_(limits) {}

  size_t running() const { return running_.size(); }
  size_t ended() const { return ended_; }

  /// False when there is no process to be had: as long as others run, that may change.
  bool start(size_t job) {
    auto process = WorkerProcess::start([this, job] { return work_(job); }, limits_);
    if (!process && running_.empty()) {
      end(job, {Ending::How::crashed, process.error().message, milliseconds(0), 0});
      return true;
    }
    if (process) running_.push_back({job, std::move(*process)});
    return process.has_value();
  }

  void collect() {
    for (auto each = running_.begin(); each != running_.end();) {
      auto ending = each->process.look();
      if (!ending) {
        ++each;
        continue;
      }
      const size_t job = each->job;
      each = running_.erase(each);
      end(job, std::move(*ending));
    }
  }

  /// Those that have finished count; the others go with the list. What a signal of the terminal
  /// ended is no crash.
  void collect_finished() {
    for (Running& each : running_) {
      auto ending = each.process.look();
      if (ending && ending->how == Ending::How::finished) end(each.job, std::move(*ending));
    }
  }

  void wait() { wait_for_any(running_); }

 private:
  void end(size_t job, Ending ending) {
    ++ended_;
    done_(job, std::move(ending));
  }

  const WorkerPool::Work& work_;
  const WorkerPool::Done& done_;
  const WorkerLimits& limits_;
  std::list<Running> running_;
  size_t ended_ = 0;
};

}  // namespace

size_t WorkerPool::run(size_t count, const Work& work, const Done& done,
                       const volatile sig_atomic_t* stop) {
  Run run(work, done, limits_);
  size_t next = 0;
  auto last_tick = WorkerProcess::Clock::now() - kTick;
  while (*stop == 0 && (next < count || run.running() > 0)) {
    while (next < count && run.running() < at_a_time_ && run.start(next)) ++next;
    const auto now = WorkerProcess::Clock::now();
    if (on_tick && now - last_tick >= kTick) {
      last_tick = now;
      on_tick(run.running());
    }
    run.wait();
    if (*stop == 0) run.collect();
  }
  if (*stop != 0) run.collect_finished();
  return run.ended();
}

}  // namespace kmortem::scan
