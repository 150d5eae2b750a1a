// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/stop_signals.h"

namespace kmortem::scan {

namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};

volatile sig_atomic_t stop_asked = 0;

void ask_to_stop(int /*number*/) {
  stop_asked = 1;
}

}  // namespace

StopSignals::StopSignals() {
  stop_asked = 0;
  for (const int number : kSignals) {
    struct sigaction before = {};
    struct sigaction action = {};
    action.sa_handler = ask_to_stop;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigaction(number, &action, &before);
    before_.push_back(before);
  }
}

StopSignals::~StopSignals() {
  for (size_t i = 0; i < before_.size(); ++i) sigaction(kSignals[i], &before_[i], nullptr);
}

const volatile sig_atomic_t* StopSignals::flag() const {
  return &stop_asked;
}

}  // namespace kmortem::scan
