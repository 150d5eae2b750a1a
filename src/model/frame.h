// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kmortem::model {

/// How a frame was found; `recorded` for the traces that lockdep saved while the kernel lived.
enum class FoundBy : uint8_t {
  recorded,
  orc,
  cfi,
  instructions,  ///< by what the callee's do to the stack
  frame_pointer,
  scan,
  registers,
};

enum class Context : uint8_t { task, softirq, hardirq, nmi, exception };

/// One stack frame. `function` is empty when no symbol covers `pc`.
struct Frame {
  uint64_t pc = 0;
  std::string function;
  uint64_t offset = 0;         ///< pc minus the function's start
  uint64_t function_size = 0;  ///< bytes; 0 when unknown
  std::string module;          ///< empty for the kernel itself
  std::string file;            ///< source file, relative to the kernel tree; empty when unknown
  uint32_t line = 0;
  bool inlined = false;  ///< this frame is inlined into the next one
  FoundBy found_by = FoundBy::recorded;
  Context context = Context::task;
  bool interrupted = false;  ///< pc is where it stood, not a return address
  std::string note;          ///< what this frame does in a finding's story; empty elsewhere
};

using Stack = std::vector<Frame>;

}  // namespace kmortem::model
