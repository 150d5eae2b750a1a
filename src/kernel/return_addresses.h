// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "kernel/target.h"

namespace kmortem::kernel {

/// Puts back the return addresses that tracers replaced on a task's stack, as the kernel's
/// unwind_recover_ret_addr() does.
class ReturnAddresses {
 public:
  explicit ReturnAddresses(const Target& target);

  /// What follows is about the stack of this task.
  void begin(uint64_t task);

  /// The address that the function whose return address lies at `slot` really returns to: `found`
  /// itself unless that is the function graph tracer's return_to_handler and the task's ret_stack
  /// (4.14 to 6.10: an array of struct ftrace_ret_stack with the slot in `retp`) knows better.
  uint64_t recover(uint64_t found, uint64_t slot);

 private:
  struct Replaced {
    uint64_t slot = 0;
    uint64_t address = 0;
  };
  void load();

  Target target_;
  std::optional<uint64_t> return_to_handler_;
  uint64_t task_ = 0;
  bool loaded_ = false;
  std::vector<Replaced> replaced_;  ///< innermost first
};

}  // namespace kmortem::kernel
