// SPDX-License-Identifier: GPL-3.0-or-later
#include "waits/timer_functions.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/hex.h"
#include "dump/memory.h"
#include "kernel/percpu.h"

namespace kmortem::waits {

namespace {

using debuginfo::Field;
using kernel::Register;
using model::LockType;

constexpr uint64_t kMostBases = 8;  // of timers 2, 3 since 6.9; of hrtimers 8
constexpr uint64_t kLongestFrame = 512;
constexpr std::array<Register, 7> kHolding = {Register::rbx, Register::rbp, Register::r12,
                                              Register::r13, Register::r14, Register::r15,
                                              Register::rdi};

/// A timer whose function a CPU runs.
struct Running {
  uint64_t timer = 0;
  LockType type = LockType::timer;
  const model::Cpu* cpu = nullptr;
  int frame = -1;  ///< of the timer code that called it
};

/// What is different between the two kinds of timers.
struct Kind {
  LockType type;
  std::string_view running;   ///< how the kernel calls the place that names the running one
  std::string_view function;  ///< its function's member
  std::vector<std::string_view> runners;
  std::vector<std::string_view> waiters;
};

const Kind& kind_of(LockType type) {
  static const Kind kTimer = {
      LockType::timer,
      "running_timer",
      "timer_list.function",
      {"call_timer_fn", "expire_timers", "__run_timer", "run_timer_softirq"},
      {"del_timer_sync", "timer_delete_sync", "__timer_delete_sync", "timer_shutdown_sync",
       "del_singleshot_timer_sync", "try_to_del_timer_sync", "__try_to_del_timer_sync"}};
  static const Kind kHrtimer = {LockType::hrtimer,
                                "running",
                                "hrtimer.function",
                                {"__run_hrtimer", "__hrtimer_run_queues", "hrtimer_interrupt",
                                 "hrtimer_run_softirq", "hrtimer_run_queues"},
                                {"hrtimer_cancel", "hrtimer_try_to_cancel"}};
  return type == LockType::timer ? kTimer : kHrtimer;
}

class TimerReader {
 public:
  explicit TimerReader(const Scene& scene) : scene_(scene) {}

  std::vector<model::LockState> read() {
    std::vector<model::LockState> awaited;
    if (!somebody_waits(LockType::timer) && !somebody_waits(LockType::hrtimer)) return awaited;
    for (const model::Cpu& cpu : scene_.cpus) {
      if (!cpu.online) continue;
      read_timers(cpu);
      read_hrtimers(cpu);
    }
    for (const Running& running : running_) {
      model::LockState state = describe(running);
      for (const model::Cpu& cpu : scene_.cpus) add_waiter(running, cpu, &state);
      if (!state.waiters.empty()) awaited.push_back(std::move(state));
    }
    return awaited;
  }

 private:
  bool somebody_waits(LockType type) const {
    return std::ranges::any_of(scene_.cpus, [&](const model::Cpu& cpu) {
      return outermost_of(cpu.stack, kind_of(type).waiters) >= 0;
    });
  }

  void add(uint64_t timer, LockType type, const model::Cpu& cpu) {
    const int frame = outermost_of(cpu.stack, kind_of(type).runners);
    if (frame >= 0 && dump::is_kernel_address(timer))
      running_.push_back({timer, type, &cpu, frame});
  }

  /// timer_bases[], since 4.8 an array for each CPU; tvec_bases before, until 4.1 a pointer.
  void read_timers(const model::Cpu& cpu) {
    const debuginfo::TypeTable& types = scene_.target.types;
    const bool old = !types.field("timer_base.running_timer");
    const auto field = types.field(old ? "tvec_base.running_timer" : "timer_base.running_timer");
    const auto size = types.size_of(old ? "tvec_base" : "timer_base");
    const std::string_view name = old ? "tvec_bases" : "timer_bases";
    const auto symbol = scene_.target.symbol(name);
    auto base = kernel::percpu_address(scene_.target, name, cpu.percpu_base);
    if (!field || !size || *size == 0 || !symbol || !base) return;
    auto object = scene_.target.symbols.per_cpu_containing(*symbol);
    if (!object) object = scene_.target.symbols.containing(*symbol);
    const uint64_t bytes = object ? object->size : *size;
    if (old && bytes == 8) {
      base = scene_.target.memory.read_u64(*base).value_or(0);
      if (!dump::is_kernel_address(*base)) return;
    }
    const uint64_t count = std::clamp<uint64_t>(bytes / *size, 1, kMostBases);
    for (uint64_t i = 0; i < count; ++i) {
      add(scene_.target.memory.read_u64(*base + i * *size + field->offset).value_or(0),
          LockType::timer, cpu);
    }
  }

  void read_hrtimers(const model::Cpu& cpu) {
    const debuginfo::TypeTable& types = scene_.target.types;
    const auto base = kernel::percpu_address(scene_.target, "hrtimer_bases", cpu.percpu_base);
    if (!base) return;
    const auto clocks = types.field("hrtimer_cpu_base.clock_base");
    const auto running = types.field("hrtimer_clock_base.running");
    const auto size = types.size_of("hrtimer_clock_base");
    if (const auto single = types.field("hrtimer_cpu_base.running"); single && !running) {
      add(scene_.target.memory.read_u64(*base + single->offset).value_or(0), LockType::hrtimer,
          cpu);
      return;
    }
    if (!clocks || !running || !size) return;
    for (uint64_t i = 0; i < std::min(clocks->count, kMostBases); ++i) {
      const uint64_t clock = *base + clocks->offset + i * *size;
      add(scene_.target.memory.read_u64(clock + running->offset).value_or(0), LockType::hrtimer,
          cpu);
    }
  }

  model::LockState describe(const Running& running) const {
    const Kind& kind = kind_of(running.type);
    model::LockState state;
    state.address = running.timer;
    state.type = running.type;
    state.symbol = scene_.symbolizer.describe(running.timer);
    std::string function;
    if (const auto field = scene_.target.types.field(kind.function)) {
      const auto pointer = scene_.target.memory.read_u64(running.timer + field->offset);
      if (pointer && *pointer != 0) function = scene_.function_text(*pointer);
    }
    state.name = state.symbol.empty() ? function : state.symbol;
    state.owners.push_back(
        party_on(*running.cpu, running.frame,
                 fmt::format("{} of CPU {} = {}{}", kind.running, running.cpu->number,
                             hex_address(running.timer),
                             function.empty() ? "" : ", its function is " + function)));
    return state;
  }

  /// Among the frames of the functions that wait, the register or the word with the address.
  void add_waiter(const Running& running, const model::Cpu& cpu, model::LockState* state) const {
    const Kind& kind = kind_of(running.type);
    const int last = outermost_of(cpu.stack, kind.waiters);
    const kernel::UnwoundStack* stack = scene_.stack_of(cpu);
    if (last < 0 || stack == nullptr || stack->frames.size() <= static_cast<size_t>(last)) return;
    for (int i = last; i >= 0 && stands_in(cpu.stack[i], kind.waiters); --i) {
      const kernel::UnwoundFrame& frame = stack->frames[i];
      const auto held = std::ranges::find_if(
          kHolding, [&](Register each) { return frame.registers.get(each) == running.timer; });
      const bool in_register = held != kHolding.end();
      if (!in_register && !on_frame(frame, running.timer)) continue;
      model::LockParty party = party_on(
          cpu, last + 1,
          fmt::format("{}() on CPU {} has {} in {}", cpu.stack[i].function, cpu.number,
                      hex_address(running.timer), in_register ? "a register" : "its frame"));
      if (!in_register) party.grade = model::Grade::inferred;
      state->waiters.push_back(std::move(party));
      return;
    }
  }

  bool on_frame(const kernel::UnwoundFrame& frame, uint64_t timer) const {
    const uint64_t sp = frame.registers.get(Register::rsp).value_or(0) & ~uint64_t{7};
    if (sp == 0 || frame.frame_end <= sp) return false;
    const uint64_t end = std::min(frame.frame_end, sp + kLongestFrame);
    for (uint64_t at = sp; at + 8 <= end; at += 8) {
      if (scene_.target.memory.read_u64(at).value_or(0) == timer) return true;
    }
    return false;
  }

  const Scene& scene_;
  std::vector<Running> running_;
};

}  // namespace

std::vector<model::LockState> awaited_timers(const Scene& scene) {
  return TimerReader(scene).read();
}

}  // namespace kmortem::waits
