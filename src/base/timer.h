// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace kmortem {

/// Time by phase, for --perf.
class PhaseTimes {
 public:
  struct Phase {
    std::string name;
    double milliseconds;      ///< on the wall clock
    double cpu_milliseconds;  ///< of the process, all its threads
  };
  void add(Phase phase) { phases_.push_back(std::move(phase)); }
  const std::vector<Phase>& phases() const { return phases_; }

 private:
  std::vector<Phase> phases_;
};

/// Adds the time from construction to destruction as one phase. A null `times` measures nothing.
class PhaseTimer {
 public:
  PhaseTimer(PhaseTimes* times, std::string name);
  ~PhaseTimer();
  PhaseTimer(const PhaseTimer&) = delete;
  PhaseTimer& operator=(const PhaseTimer&) = delete;

 private:
  PhaseTimes* times_;
  std::string name_;
  std::chrono::steady_clock::time_point start_;
  double cpu_start_;
};

}  // namespace kmortem
