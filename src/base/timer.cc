// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/timer.h"

#include <ctime>
#include <utility>

namespace kmortem {

namespace {

double cpu_milliseconds() {
  timespec now = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

}  // namespace

PhaseTimer::PhaseTimer(PhaseTimes* times, std::string name)
    : times_(times),
      name_(std::move(name)),
      start_(std::chrono::steady_clock::now()),
      cpu_start_(cpu_milliseconds()) {}

PhaseTimer::~PhaseTimer() {
  if (times_ == nullptr) return;
  const std::chrono::duration<double, std::milli> elapsed =
      std::chrono::steady_clock::now() - start_;
  times_->add({std::move(name_), elapsed.count(), cpu_milliseconds() - cpu_start_});
}

}  // namespace kmortem
