// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "kernel/target.h"

namespace kmortem::kernel {

/// Turns a task's state bits into the letter that ps shows. The bits are macros, so no debuginfo
/// has them, and 4.14 renumbered some; but the kernel's own table of letters (task_state_array) is
/// in the dump. Without it (no /proc) the order of 4.14 and later is assumed.
class TaskStateLetters {
 public:
  explicit TaskStateLetters(const Target& target);

  /// One of R S D T t X Z P I.
  char letter(uint64_t state, uint64_t exit_state) const;

 private:
  std::string letters_;  ///< by number of the highest bit set, 1-based; [0] is running
};

}  // namespace kmortem::kernel
