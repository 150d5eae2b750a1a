// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernel/frame_registers.h"
#include "model/frame.h"

namespace kmortem::kernel {

/// One real (not inlined) frame with what readers of instructions need of it; `model::Frame` is
/// what a report needs. Innermost frame first.
struct UnwoundFrame {
  FrameRegisters registers;  ///< as they are in this frame; rip and rsp always known
  bool interrupted = false;  ///< rip is the next instruction itself, not a return address
  uint64_t frame_end = 0;    ///< the CFA: rsp of the caller after the call; 0 when not known
  uint64_t pt_regs = 0;      ///< where the registers were saved, for an interrupted frame
  uint64_t flags = 0;        ///< rflags, for an interrupted frame
  model::FoundBy found_by = model::FoundBy::orc;
  model::Context context = model::Context::task;

  uint64_t pc() const { return registers.get(Register::rip).value_or(0); }
  /// An address inside the instruction that stands or calls here.
  uint64_t inside() const { return interrupted || pc() == 0 ? pc() : pc() - 1; }
};

/// A stack from where the task or CPU stands down to its entry from user mode or its thread
/// function, through every interrupt and exception stack on the way.
struct UnwoundStack {
  uint64_t task = 0;  ///< whose it is
  int cpu = -1;       ///< the CPU that runs it; -1 for a task that does not run
  std::vector<UnwoundFrame> frames;
  bool complete = false;  ///< reached the end: user mode, a thread's or the idle task's entry
  bool from_saved_frame = false;  ///< a running CPU without registers: begins at a saved frame
  bool in_user_mode = false;      ///< a running CPU that was in user mode: no frames
  uint64_t user_pt_regs = 0;      ///< where entry from user mode saved the registers; 0 if not
  FrameRegisters user_registers;  ///< those registers, or a CPU's in user mode
  std::string stopped_because;    ///< when not complete
};

}  // namespace kmortem::kernel
