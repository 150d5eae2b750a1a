// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kmortem::model {

struct RegisterValue {
  std::string_view name;  ///< "rip"
  uint64_t value = 0;
};

/// All registers as they were at one place of a stack: where a CPU stood when the dump was taken,
/// or what an interrupt, an exception or the entry from user mode saved.
struct SavedRegisters {
  size_t frame = 0;      ///< index of their frame in the stack; its size when of user mode
  uint64_t address = 0;  ///< of the pt_regs; 0 when the dump's notes have them
  bool user = false;
  std::vector<RegisterValue> values;
};

/// What is to be known of a stack besides its frames.
struct StackState {
  bool read = false;              ///< it was looked for
  bool complete = false;          ///< followed to its end
  bool from_saved_frame = false;  ///< of a running CPU without registers: may be out of date
  bool in_user_mode = false;      ///< the CPU was in user mode: no kernel frames
  std::string stopped_because;    ///< when it is not complete
  std::vector<SavedRegisters> registers;  ///< innermost first
};

}  // namespace kmortem::model
