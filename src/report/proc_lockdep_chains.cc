// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/proc_lockdep_chains.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "report/proc_pointer.h"

namespace kmortem::report {

namespace {

// MAX_LOCKDEP_KEYS is 1 << 13: the bits above are held_lock.read (5.10).
constexpr unsigned kClassIndexMask = (1U << 13) - 1;

constexpr std::array kContexts = {"0", "softirq", "hardirq", "hardirq|softirq"};

/// The table for chains was too small at some time: what follows is not all.
bool overflowed(const model::Lockdep& lockdep) {
  const model::LockdepCounters& counters = lockdep.counters;
  if (lockdep.features.block_allocator) return counters.nr_free_chain_hlocks == 0;
  const auto table = std::ranges::find(lockdep.tables, "chain_hlocks", &model::TableFill::name);
  return table != lockdep.tables.end() && counters.nr_chain_hlocks > table->capacity;
}

std::string context(const model::Lockdep& lockdep, unsigned irq_context) {
  if (lockdep.features.irq_context_string) return kContexts[irq_context % kContexts.size()];
  return fmt::format("{}", irq_context);
}

}  // namespace

std::string proc_lockdep_chains(const model::Lockdep& lockdep) {
  std::string out = overflowed(lockdep) ? "(buggered) all lock chains:\n" : "all lock chains:\n";
  const unsigned mask = lockdep.features.hlock_id_in_chains ? kClassIndexMask : 0xffff;
  for (const model::LockChain& chain : lockdep.chains) {
    out += fmt::format("irq_context: {}\n", context(lockdep, chain.irq_context));
    for (const uint16_t hlock : chain.hlocks) {
      const model::LockClass* cls = lockdep.find(static_cast<int>(hlock & mask));
      if (cls == nullptr || cls->key == 0) continue;
      out += fmt::format("[{}] {}\n", proc_pointer(lockdep, cls->key), cls->name);
    }
    out += '\n';
  }
  return out;
}

}  // namespace kmortem::report
