// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/object_symbol.h"

#include <fmt/core.h>

#include "kernel/cpus.h"
#include "kernel/percpu.h"

namespace kmortem::locks {

namespace {

std::string plus_offset(uint64_t offset) {
  return offset == 0 ? std::string() : fmt::format("+0x{:x}", offset);
}

}  // namespace

ObjectSymbols::ObjectSymbols(const kernel::Target& target, const PhysicalToVirtual& addresses,
                             const NameAddress& name_address)
    : target_(target), addresses_(addresses), name_address_(name_address) {
  const auto begin = target.symbol("__per_cpu_start");
  const auto end = target.symbol("__per_cpu_end");
  if (!begin || !end || *end <= *begin) return;
  percpu_begin_ = *begin;
  percpu_size_ = *end - *begin;
  const std::vector<int> cpus = kernel::read_possible_cpus(target);
  const size_t count = cpus.empty() ? 0 : static_cast<size_t>(cpus.back()) + 1;
  percpu_offsets_ = kernel::read_percpu_offsets(target, count);
}

std::string ObjectSymbols::percpu_name(uint64_t address) const {
  for (size_t cpu = 0; cpu < percpu_offsets_.size(); ++cpu) {
    const uint64_t original = address - percpu_offsets_[cpu];
    if (original - percpu_begin_ >= percpu_size_) continue;
    const auto symbol = target_.symbols.containing(original);
    if (!symbol) return {};
    return fmt::format("per_cpu({}, {}){}", symbol->name, cpu,
                       plus_offset(original - symbol->address));
  }
  return {};
}

std::string ObjectSymbols::name(uint64_t address) const {
  if (!addresses_.has_symbols(address)) return percpu_name(address);
  if (const auto symbol = target_.symbols.containing(address)) {
    return std::string(symbol->name) + plus_offset(address - symbol->address);
  }
  return name_address_ ? name_address_(address) : std::string();
}

}  // namespace kmortem::locks
