// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/percpu_stats.h"

#include <algorithm>
#include <vector>

#include "kernel/cpus.h"
#include "kernel/percpu.h"
#include "kernel/record.h"
#include "locks/kernel_reads.h"
#include "locks/lockdep_layout.h"

namespace kmortem::locks {

namespace {

constexpr std::string_view kConsequence = "lockdep's statistics are too low";

struct Sum {
  debuginfo::Field field;
  uint64_t* total;
};

std::vector<Sum> scalar_sums(const debuginfo::TypeTable& types, debuginfo::TypeId stats,
                             model::Lockdep* lockdep) {
  std::vector<Sum> sums;
  for (const debuginfo::Member& member : types.at(stats).members) {
    auto field = types.field(stats, member.name);
    if (!field || field->is_array || field->size > 8) continue;
    sums.push_back({*field, &lockdep->counters.debug[member.name]});
  }
  return sums;
}

void add_ops(const kernel::Record& record, const debuginfo::Field& ops, model::Lockdep* lockdep) {
  for (model::LockClass& cls : lockdep->classes) {
    if (cls.index < ops.count) cls.ops += record.get(ops, cls.index);
  }
}

}  // namespace

void read_percpu_stats(const kernel::Target& target, model::Lockdep* lockdep) {
  const auto symbol = target.symbol("lockdep_stats");
  const auto named = target.types.find("lockdep_stats");
  if (!symbol || !named) return;
  const debuginfo::TypeId stats = target.types.resolve(*named);
  const std::vector<Sum> sums = scalar_sums(target.types, stats, lockdep);
  const auto ops = target.types.field(stats, "lock_class_ops");

  uint64_t size = 0;
  for (const Sum& sum : sums) size = std::max<uint64_t>(size, sum.field.offset + sum.field.size);
  unsigned last_class = 0;
  for (const auto& cls : lockdep->classes) last_class = std::max(last_class, cls.index);
  // Only the used part of lock_class_ops[], which is 64 KB a CPU.
  if (ops) size = std::max<uint64_t>(size, ops->offset + (last_class + 1) * uint64_t{ops->size});

  const std::vector<int> cpus = kernel::read_possible_cpus(target);
  const size_t count = cpus.empty() ? 0 : static_cast<size_t>(cpus.back()) + 1;
  const std::vector<uint64_t> offsets = kernel::read_percpu_offsets(target, count);
  for (const int cpu : cpus) {
    if (cpu < 0 || static_cast<size_t>(cpu) >= offsets.size()) continue;
    const uint64_t address = *symbol + offsets[static_cast<size_t>(cpu)];
    const Block block = read_block(target, "lockdep_stats", address, size, kConsequence);
    const kernel::Record record(block.address, block.bytes);
    for (const Sum& sum : sums) *sum.total += record.get(sum.field);
    if (ops) add_ops(record, *ops, lockdep);
  }
}

}  // namespace kmortem::locks
