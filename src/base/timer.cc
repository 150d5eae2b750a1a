// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/timer.h"

#include <utility>

namespace kmortem {

void PhaseTimes::add(std::string name, double milliseconds) {
  phases_.push_back({std::move(name), milliseconds});
}

PhaseTimer::PhaseTimer(PhaseTimes* times, std::string name)
    : times_(times), name_(std::move(name)), start_(std::chrono::steady_clock::now()) {}

PhaseTimer::~PhaseTimer() {
  if (times_ == nullptr) return;
  const std::chrono::duration<double, std::milli> elapsed =
      std::chrono::steady_clock::now() - start_;
  times_->add(std::move(name_), elapsed.count());
}

}  // namespace kmortem
