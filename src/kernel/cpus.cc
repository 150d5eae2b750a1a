// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/cpus.h"

#include <algorithm>
#include <numeric>
#include <string>

#include "kernel/percpu.h"

namespace kmortem::kernel {

namespace {

constexpr size_t kMaxCpus = 8192;  // x86-64's largest CONFIG_NR_CPUS
constexpr uint32_t kPreemptNeedResched = 0x80000000;

void report(const Target& target, std::string structure, const ReadError& error,
            std::string consequence) {
  target.problems.add({std::move(structure), error.address, std::string(describe(error.kind)),
                       std::move(consequence)});
}

/// How many CPU numbers the kernel's bitmaps and arrays have room for.
size_t cpu_limit(const Target& target) {
  size_t limit = kMaxCpus;
  if (auto count = target.types.variable_count("__per_cpu_offset"); count && *count != 0) {
    limit = std::min<size_t>(limit, *count);
  }
  // A constant instead of a variable with CONFIG_FORCE_NR_CPUS or one CPU.
  if (auto symbol = target.symbol("nr_cpu_ids")) {
    auto value = target.memory.read_u32(*symbol);
    if (value && *value != 0) limit = std::min<size_t>(limit, *value);
  }
  return limit;
}

/// The bitmap behind for_each_possible_cpu() and its kin: `what` is "possible" or "online".
std::optional<uint64_t> mask_address(const Target& target, const std::string& what) {
  if (auto mask = target.symbol("__cpu_" + what + "_mask")) return mask;  // 4.5
  if (auto bits = target.symbol("cpu_" + what + "_bits")) return bits;
  auto pointer = target.symbol("cpu_" + what + "_mask");
  if (!pointer) return std::nullopt;
  auto mask = target.memory.read_u64(*pointer);
  if (!mask) return std::nullopt;
  return *mask;
}

std::vector<int> read_mask(const Target& target, const std::string& what, size_t limit) {
  const auto address = mask_address(target, what);
  if (!address) return {};
  const size_t words = (limit + 63) / 64;
  auto bytes = target.memory.read_bytes(*address, words * 8);
  if (!bytes) {
    report(target, "cpu_" + what + "_mask", bytes.error(), "the set of CPUs is a guess");
    return {};
  }
  std::vector<int> cpus;
  for (size_t cpu = 0; cpu < limit; ++cpu) {
    const auto byte = std::to_integer<unsigned>((*bytes)[cpu / 8]);
    if ((byte >> (cpu % 8)) & 1) cpus.push_back(static_cast<int>(cpu));
  }
  return cpus;
}

/// The CPUs where the masks are not in the dump. x86 numbers possible CPUs from 0 without gaps.
std::vector<int> guess_possible_cpus(const Target& target) {
  size_t count = 0;
  if (auto symbol = target.symbol("nr_cpu_ids")) {
    count = target.memory.read_u32(*symbol).value_or(0);
  }
  // CPUs that cannot be keep the offset that all have before their areas are set up.
  const size_t room = target.types.variable_count("__per_cpu_offset").value_or(0);
  if (count == 0 && room > 1 && room <= kMaxCpus) {
    const auto array = target.symbol("__per_cpu_offset").value_or(0);
    const auto unused = target.memory.read_u64(array + (room - 1) * 8);
    for (; unused && count < room; ++count) {
      auto offset = target.memory.read_u64(array + count * 8);
      if (!offset || *offset == *unused) break;
    }
  }
  std::vector<int> cpus(std::min(count, kMaxCpus));
  std::iota(cpus.begin(), cpus.end(), 0);
  return cpus;
}

/// Reads one per-cpu integer of every CPU and hands it to `store`.
template <typename Store>
void read_each(const Target& target, const std::optional<PercpuField>& field,
               std::vector<model::Cpu>& cpus, std::string_view what, Store store) {
  if (!field) return;
  for (model::Cpu& cpu : cpus) {
    auto value = read_percpu(target, *field, cpu.percpu_base);
    if (value) {
      store(cpu, *value);
    } else {
      report(target, std::string(what), value.error(), "unknown for this CPU");
    }
  }
}

/// Before 5.8 lockdep kept the irq state in the task.
void read_irq_state_of_tasks(const Target& target, std::vector<model::Cpu>& cpus) {
  const auto enabled = target.types.field("task_struct.hardirqs_enabled");
  const auto context = target.types.field("task_struct.hardirq_context");
  if (!enabled || !context) return;
  for (model::Cpu& cpu : cpus) {
    if (cpu.current_task == 0) continue;
    auto on = target.memory.read_u32(cpu.current_task + enabled->offset);
    auto depth = target.memory.read_u32(cpu.current_task + context->offset);
    if (on) cpu.hardirqs_enabled = *on != 0;
    if (depth) cpu.hardirq_context = *depth;
  }
}

void read_irq_state(const Target& target, std::vector<model::Cpu>& cpus) {
  const auto enabled = find_percpu(target, {"hardirqs_enabled"}, 4);
  if (!enabled) return read_irq_state_of_tasks(target, cpus);
  read_each(target, enabled, cpus, "hardirqs_enabled",
            [](model::Cpu& cpu, uint64_t value) { cpu.hardirqs_enabled = value != 0; });
  read_each(
      target, find_percpu(target, {"hardirq_context"}, 4), cpus, "hardirq_context",
      [](model::Cpu& cpu, uint64_t value) { cpu.hardirq_context = static_cast<uint32_t>(value); });
}

/// Up to 3.12 the count was in the thread_info at the bottom of the current task's stack.
void read_preempt_count_of_stacks(const Target& target, std::vector<model::Cpu>& cpus) {
  const auto count = target.types.field("thread_info.preempt_count");
  const auto stack = target.types.field("task_struct.stack");
  if (!count || !stack) return;
  for (model::Cpu& cpu : cpus) {
    if (cpu.current_task == 0) continue;
    auto base = target.memory.read_u64(cpu.current_task + stack->offset);
    if (!base) continue;
    if (auto value = target.memory.read_u32(*base + count->offset)) cpu.preempt_count = *value;
  }
}

void read_preempt_count(const Target& target, std::vector<model::Cpu>& cpus) {
  // 6.2 to 6.14 in pcpu_hot, before and after a variable of its own.
  const auto field = find_percpu(target, {"pcpu_hot.preempt_count", "__preempt_count"}, 4);
  if (!field) return read_preempt_count_of_stacks(target, cpus);
  read_each(target, field, cpus, "__preempt_count", [](model::Cpu& cpu, uint64_t value) {
    cpu.preempt_count = static_cast<uint32_t>(value) & ~kPreemptNeedResched;
  });
}

}  // namespace

std::vector<int> read_possible_cpus(const Target& target) {
  if (!target.symbol("__per_cpu_offset")) return {0};
  auto cpus = read_mask(target, "possible", cpu_limit(target));
  if (cpus.empty()) cpus = guess_possible_cpus(target);
  if (cpus.empty()) cpus = read_mask(target, "online", cpu_limit(target));
  if (cpus.empty()) cpus.push_back(0);
  return cpus;
}

std::vector<model::Cpu> read_cpus(const Target& target) {
  const std::vector<int> possible = read_possible_cpus(target);
  const bool smp = target.symbol("__per_cpu_offset").has_value();
  const std::vector<int> online =
      smp ? read_mask(target, "online", cpu_limit(target)) : std::vector<int>{0};
  const auto offsets = read_percpu_offsets(target, static_cast<size_t>(possible.back()) + 1);

  std::vector<model::Cpu> cpus;
  for (int number : possible) {
    model::Cpu cpu;
    cpu.number = number;
    cpu.online = online.empty() || std::ranges::binary_search(online, number);
    if (static_cast<size_t>(number) < offsets.size()) cpu.percpu_base = offsets[number];
    cpus.push_back(std::move(cpu));
  }
  if (offsets.empty()) return cpus;

  // 6.2 to 6.14 in pcpu_hot, before and after a variable of its own.
  read_each(target, find_percpu(target, {"pcpu_hot.current_task", "current_task"}, 8), cpus,
            "current_task", [](model::Cpu& cpu, uint64_t task) { cpu.current_task = task; });
  read_each(target, find_percpu(target, {"runqueues.idle"}, 8), cpus, "runqueues",
            [](model::Cpu& cpu, uint64_t task) { cpu.idle_task = task; });
  read_preempt_count(target, cpus);
  read_irq_state(target, cpus);
  return cpus;
}

}  // namespace kmortem::kernel
