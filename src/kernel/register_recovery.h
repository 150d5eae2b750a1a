// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "kernel/callee_saves.h"
#include "kernel/stack_memory.h"
#include "kernel/symbolizer.h"
#include "kernel/target.h"
#include "kernel/unwound_stack.h"

namespace kmortem::kernel {

/// Recovers a caller's rbx and r12 to r15, where locks' addresses live, from what the code of its
/// callee says. Each function is looked at once.
class RegisterRecovery {
 public:
  RegisterRecovery(const Target& target, Symbolizer& symbolizer);

  /// Sets them in `caller`, unknown ones to nothing; rbp is the unwinder's. `cfa` is what the
  /// unwinder found for `frame`: a function that disagrees with it about the depth of its stack
  /// says nothing.
  void recover(const UnwoundFrame& frame, uint64_t cfa, StackMemory& memory,
               FrameRegisters& caller);

  /// The CFA of `frame` by its function's instructions alone; nothing when they do not say how deep
  /// the stack is there.
  std::optional<uint64_t> cfa_by_code(const UnwoundFrame& frame);
  /// Its caller's rbp by the same.
  std::optional<uint64_t> base_by_code(const UnwoundFrame& frame, uint64_t cfa,
                                       StackMemory& memory);

 private:
  const CalleeSaves* saves_at(const UnwoundFrame& frame);
  std::unique_ptr<FunctionSaves> read_function(const model::Frame& place, uint64_t inside);
  void add_code(std::vector<CodeRange>& code, uint64_t begin, uint64_t size);

  Target target_;
  Symbolizer& symbolizer_;
  StackEffectDecoder decoder_;
  std::unordered_map<uint64_t, std::unique_ptr<FunctionSaves>> functions_;  ///< by symbol
  std::unordered_map<uint64_t, const CalleeSaves*> exact_, returns_;        ///< by pc
};

}  // namespace kmortem::kernel
