// SPDX-License-Identifier: GPL-3.0-or-later
#include "waits/cpu_calls.h"

#include <fmt/core.h>

#include <optional>
#include <utility>

#include "base/hex.h"
#include "dump/memory.h"
#include "kernel/percpu.h"

namespace kmortem::waits {

namespace {

constexpr uint64_t kLockFlag = 1;  // CSD_FLAG_LOCK: the caller waits, or the slot is in use
constexpr uint64_t kInterruptFlag = 0x200;
constexpr size_t kMostInQueue = 8192;  // one from each CPU

using debuginfo::Field;

/// The flags of what the CPU runs, below an NMI that only stopped it.
std::optional<uint64_t> flags_of(const kernel::UnwoundStack& stack) {
  for (const kernel::UnwoundFrame& frame : stack.frames) {
    if (frame.context == model::Context::nmi) continue;
    if (!frame.interrupted || frame.flags == 0) return std::nullopt;
    return frame.flags;
  }
  return std::nullopt;
}

class CallReader {
 public:
  explicit CallReader(const Scene& scene) : scene_(scene) {
    const debuginfo::TypeTable& types = scene.target.types;
    flags_ = types.first_field(
        {"__call_single_data.node.u_flags", "__call_single_data.flags", "call_single_data.flags"});
    function_ = types.first_field({"__call_single_data.func", "call_single_data.func"});
    // A cfd_percpu begins with its call_single_data (5.13).
    slots_ = types.first_field({"call_function_data.pcpu", "call_function_data.csd"});
  }

  bool usable() const { return flags_ && function_; }

  void read(const model::Cpu& target, std::vector<model::LockState>* calls) const {
    const kernel::UnwoundStack* stack = scene_.stack_of(target);
    const auto flags = stack == nullptr ? std::nullopt : flags_of(*stack);
    if (!flags || (*flags & kInterruptFlag) != 0) return;
    const auto head =
        kernel::percpu_address(scene_.target, "call_single_queue", target.percpu_base);
    if (!head) return;
    uint64_t call = scene_.target.memory.read_u64(*head).value_or(0);
    for (size_t i = 0; i < kMostInQueue && dump::is_kernel_address(call); ++i) {
      if (auto state = awaited(call, target, *flags)) calls->push_back(std::move(*state));
      call = scene_.target.memory.read_u64(call).value_or(0);
    }
  }

 private:
  /// Where the slot of a CPU for calls of another lies; 0 when not known.
  uint64_t slot(const model::Cpu& caller, const model::Cpu& target) const {
    if (!slots_) return 0;
    const auto data = kernel::percpu_address(scene_.target, "cfd_data", caller.percpu_base);
    if (!data) return 0;
    const auto slots = scene_.target.memory.read_u64(*data + slots_->offset);
    return slots && *slots != 0 ? *slots + target.percpu_base : 0;
  }

  /// "on its stack", "in its cfd_data"; empty when the call is not that CPU's.
  std::string_view place(uint64_t call, const model::Cpu& caller, const model::Cpu& target) const {
    if (caller.current_task != 0 && scene_.known.on_stack_of(caller.current_task, call)) {
      return "on its stack";
    }
    return slot(caller, target) == call ? "in its cfd_data" : "";
  }

  std::optional<model::LockState> awaited(uint64_t call, const model::Cpu& target,
                                          uint64_t target_flags) const {
    const auto flags = scene_.target.memory.read_u32(call + flags_->offset);
    const auto function = scene_.target.memory.read_u64(call + function_->offset);
    if (!flags || (*flags & kLockFlag) == 0 || !function) return std::nullopt;
    for (const model::Cpu& caller : scene_.cpus) {
      if (caller.number == target.number || !caller.online) continue;
      const std::string_view where = place(call, caller, target);
      const int frame = where.empty()
                            ? -1
                            : outermost_of(caller.stack, {"smp_call_function", "on_each_cpu",
                                                          "csd_lock_wait", "generic_exec_single"});
      if (frame < 0) continue;
      model::LockState state;
      state.address = call;
      state.type = model::LockType::cpu_call;
      state.name = scene_.function_text(*function);
      state.owners.push_back(
          party_on(target, -1,
                   fmt::format("call_single_queue of CPU {} still has the call of {}; it runs with "
                               "interrupts off (rflags {})",
                               target.number, state.name, hex_short(target_flags))));
      state.waiters.push_back(party_on(
          caller, frame + 1,
          fmt::format("call_single_data {} at {}, CSD_FLAG_LOCK set", where, hex_address(call))));
      return state;
    }
    return std::nullopt;
  }

  const Scene& scene_;
  std::optional<Field> flags_, function_, slots_;
};

}  // namespace

std::vector<model::LockState> awaited_cpu_calls(const Scene& scene) {
  std::vector<model::LockState> calls;
  const CallReader reader(scene);
  if (!reader.usable()) return calls;
  for (const model::Cpu& cpu : scene.cpus) {
    if (cpu.online) reader.read(cpu, &calls);
  }
  return calls;
}

}  // namespace kmortem::waits
