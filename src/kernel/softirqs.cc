// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/softirqs.h"

#include <algorithm>
#include <array>
#include <string>

#include "kernel/percpu.h"
#include "kernel/record.h"

namespace kmortem::kernel {

namespace {

constexpr uint64_t kUsualVectors = 10;  // NR_SOFTIRQS since 2.6.33
constexpr uint64_t kMaxVectors = 32;    // a pending mask has 32 bits

uint64_t vector_count(const Target& target) {
  uint64_t count = target.types.variable_count("softirq_vec").value_or(0);
  if (count == 0) {
    count = static_cast<uint64_t>(target.types.enumerator("NR_SOFTIRQS").value_or(kUsualVectors));
  }
  return std::min(count, kMaxVectors);
}

/// The vectors have been these, in this order, since 2.6.33.
std::vector<std::string> usual_names(const Target& target, uint64_t count) {
  // Vector 5 was called BLOCK_IOPOLL until 4.4.
  const bool iopoll = target.types.enumerator("BLOCK_IOPOLL_SOFTIRQ").has_value();
  const std::array<const char*, kUsualVectors> usual = {
      "HI",      "TIMER", "NET_TX",  "NET_RX", "BLOCK", iopoll ? "BLOCK_IOPOLL" : "IRQ_POLL",
      "TASKLET", "SCHED", "HRTIMER", "RCU"};
  std::vector<std::string> names(count);
  // Another number of vectors is another list.
  if (count == usual.size()) std::ranges::copy(usual, names.begin());
  return names;
}

/// softirq_to_name, and what a vector is usually called where that is not in the dump.
std::vector<std::string> read_names(const Target& target, uint64_t count) {
  std::vector<std::string> names = usual_names(target, count);
  const auto table = target.symbol("softirq_to_name");
  if (!table) return names;
  auto bytes = target.memory.read_bytes(*table, count * 8);
  if (!bytes) return names;
  debuginfo::Field pointer;
  pointer.size = 8;
  const Record record(*table, *bytes);
  for (uint64_t i = 0; i < count; ++i) {
    auto name = target.memory.read_string(record.get(pointer, i), 32);
    if (name) names[i] = std::move(*name);
  }
  return names;
}

void report(const Target& target, uint64_t address, std::string reason) {
  target.problems.add({"softirq_vec", address, std::move(reason), "softirqs are not listed"});
}

}  // namespace

std::vector<model::Softirq> read_softirqs(const Target& target, Symbolizer& symbolizer) {
  const auto table = target.symbol("softirq_vec");
  if (!table) {
    report(target, 0, "no such symbol");
    return {};
  }
  const uint64_t count = vector_count(target);
  // The structure has held nothing but the action since 2.6.33.
  const uint64_t element =
      std::min<uint64_t>(target.types.size_of("softirq_action").value_or(8), 64);
  auto bytes = target.memory.read_bytes(*table, count * element);
  if (!bytes) {
    report(target, bytes.error().address, std::string(describe(bytes.error().kind)));
    return {};
  }
  const std::vector<std::string> names = read_names(target, count);
  debuginfo::Field action;
  action.size = 8;
  if (auto known = target.types.field("softirq_action.action")) action = *known;

  std::vector<model::Softirq> softirqs;
  for (uint64_t i = 0; i < count; ++i) {
    const Record record(*table + i * element, std::span(*bytes).subspan(i * element, element));
    model::Softirq softirq;
    softirq.vector = static_cast<unsigned>(i);
    softirq.name = names[i];
    softirq.action = record.get(action);
    if (softirq.action != 0) {
      softirq.action_symbol = symbolizer.describe(softirq.action);
      softirq.action_in_text = symbolizer.is_text(softirq.action);
    }
    softirqs.push_back(std::move(softirq));
  }
  return softirqs;
}

void read_softirq_pending(const Target& target, std::vector<model::Cpu>& cpus) {
  const auto field = find_percpu(
      target, {"__softirq_pending", "pcpu_hot.softirq_pending", "irq_stat.__softirq_pending"}, 2);
  if (!field) return;
  const bool smp = target.symbol("__per_cpu_offset").has_value();
  for (model::Cpu& cpu : cpus) {
    // Without its base, what lies at the symbol is no CPU's.
    if (smp && cpu.percpu_base == 0) continue;
    auto mask = read_percpu(target, *field, cpu.percpu_base);
    if (!mask) {
      target.problems.add({"__softirq_pending", mask.error().address,
                           std::string(describe(mask.error().kind)),
                           "what is pending on this CPU is unknown"});
      continue;
    }
    cpu.softirq_pending = static_cast<uint32_t>(*mask);
    cpu.softirq_pending_known = true;
  }
}

}  // namespace kmortem::kernel
