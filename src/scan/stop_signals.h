// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <csignal>
#include <vector>

namespace kmortem::scan {

/// While it lives, the first SIGINT, SIGTERM or SIGHUP only sets a flag; a second one does what it
/// did before.
class StopSignals {
 public:
  StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals();

  const volatile sig_atomic_t* flag() const;

 private:
  std::vector<struct sigaction> before_;
};

}  // namespace kmortem::scan
