// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>

#include "kernel/orc_entry.h"
#include "kernel/pt_regs.h"
#include "kernel/register_recovery.h"
#include "kernel/return_addresses.h"
#include "kernel/stack_memory.h"
#include "kernel/unwind_tables.h"
#include "kernel/unwound_stack.h"

namespace kmortem::kernel {

/// Finds the callers of a stack's innermost frame, one after the other: by ORC, as
/// unwind_next_frame() in arch/x86/kernel/unwind_orc.c does; where ORC knows nothing, by DWARF's
/// call frame information, through entry code by the registers that it saved, by what the
/// function's instructions do to the stack, by frame pointer; where that leads nowhere, by looking
/// for return addresses. Never leaves the stacks that `memory` has, never goes backwards on one,
/// enters none twice, and stops in any case.
class StackWalker {
 public:
  StackWalker(UnwindTables& tables, StackMemory& memory, ReturnAddresses& returns,
              RegisterRecovery& recovery)
      : tables_(tables), memory_(memory), returns_(returns), recovery_(recovery) {}

  /// Completes `stack`, whose first frame is there with at least rip and rsp.
  void walk(UnwoundStack& stack);

 private:
  enum class Step : uint8_t { caller, end, failed };

  Step step(const UnwoundFrame& frame, UnwoundFrame& caller);
  Step step_by_orc(const UnwoundFrame& frame, UnwoundFrame& caller);
  Step orc_call(const UnwoundFrame& frame, const OrcEntry& entry, uint64_t sp,
                UnwoundFrame& caller);
  Step orc_registers(const UnwoundFrame& frame, const OrcEntry& entry, uint64_t sp,
                     UnwoundFrame& caller);
  Step step_without_orc(const UnwoundFrame& frame, UnwoundFrame& caller);
  Step step_by_cfi(const UnwoundFrame& frame, UnwoundFrame& caller);
  Step step_through_entry(const UnwoundFrame& frame, UnwoundFrame& caller);
  Step step_by_instructions(const UnwoundFrame& frame, UnwoundFrame& caller);
  Step step_by_frame_pointer(const UnwoundFrame& frame, UnwoundFrame& caller);
  Step step_by_scan(const UnwoundFrame& frame, UnwoundFrame& caller);
  Step scan_from(uint64_t address, UnwoundFrame& caller);
  Step leave_stack(const StackArea& area, UnwoundFrame& caller);

  std::optional<uint64_t> previous_sp(const UnwoundFrame& frame, const OrcEntry& entry);
  bool set_frame_base(const UnwoundFrame& frame, const OrcEntry& entry, uint64_t sp,
                      UnwoundFrame& caller);
  Step arrive_at_call(const UnwoundFrame& frame, uint64_t cfa, UnwoundFrame& caller);
  Step arrive(const InterruptedState& saved, uint64_t at, UnwoundFrame& caller);
  bool is_return_address(uint64_t value);
  bool advances(uint64_t from, uint64_t to);
  Step fail(std::string reason);

  UnwindTables& tables_;
  StackMemory& memory_;
  ReturnAddresses& returns_;
  RegisterRecovery& recovery_;
  UnwoundStack* stack_ = nullptr;
  std::string reason_;
  std::unordered_set<uint64_t> left_;  ///< begins of the stacks that were walked off
  size_t scanned_ = 0;
};

}  // namespace kmortem::kernel
