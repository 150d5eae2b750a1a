// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lock_chains.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "kernel/record.h"
#include "locks/inconsistencies.h"
#include "locks/kernel_reads.h"

namespace kmortem::locks {

namespace {

constexpr std::string_view kConsequence = "some lock chains are missing";

// The first word of a free block has this bit (CHAIN_BLK_FLAG); no lock does.
constexpr uint16_t kFreeBlock = 0x8000;

struct Place {
  uint64_t base = 0;
  uint64_t depth = 0;
};

Bitmap chains_in_use(const kernel::Target& target, const Table& chains) {
  auto in_use = read_bitmap(target, "lock_chains_in_use", chains.count, kConsequence);
  if (!in_use.set.empty()) return in_use;
  const uint64_t count = read_variable(target, "nr_lock_chains", 8).value_or(0);
  in_use = {std::vector<bool>(chains.count), std::vector<bool>(chains.count)};
  std::fill_n(in_use.set.begin(), std::min(count, chains.count), true);
  return in_use;
}

void take_locks(const Block& hlocks, const Table& table, const Place& place,
                model::LockChain* chain, model::Lockdep* lockdep) {
  const uint64_t address = table.address + place.base * 2;
  const auto bytes = hlocks.at(address, place.depth * 2);
  if (place.depth == 0 || bytes.empty()) {
    note_inconsistency(lockdep, fmt::format("chain {} lies outside chain_hlocks", chain->index));
    return;
  }
  if (!hlocks.has(address, place.depth * 2)) return;
  chain->hlocks.resize(place.depth);
  std::memcpy(chain->hlocks.data(), bytes.data(), bytes.size());
  if ((chain->hlocks[0] & kFreeBlock) == 0) return;
  note_inconsistency(lockdep, fmt::format("chain {} lies in free chain_hlocks", chain->index));
  chain->hlocks.clear();
}

}  // namespace

void read_chains(const kernel::Target& target, const LockdepLayout& layout,
                 model::Lockdep* lockdep) {
  const Table& table = layout.lock_chains;
  const ChainFields& f = layout.chain;
  if (!table.present || table.count == 0 || !layout.chain_hlocks.present) return;
  if (!f.irq_context || !f.depth || !f.base || !f.chain_key) return;

  const Bitmap in_use = chains_in_use(target, table);
  const uint64_t used = in_use.end();
  const Block block =
      read_block(target, "lock_chains", table.address, used * table.element_size, kConsequence);
  std::vector<Place> places;
  uint64_t running = 0;
  bool gap = false;
  uint64_t end = 0;
  for (uint64_t i = 0; i < used; ++i) {
    if (!in_use.set[i]) continue;  // clear, or nothing says that it is in use
    const uint64_t address = table.address + i * table.element_size;
    if (!block.has(address, table.element_size)) {
      gap = true;
      continue;
    }
    const kernel::Record record(address, block.at(address, table.element_size));
    model::LockChain chain;
    chain.index = static_cast<unsigned>(i);
    chain.irq_context = static_cast<unsigned>(record.get(*f.irq_context));
    chain.chain_key = record.get(*f.chain_key);
    Place place{record.get(*f.base), record.get(*f.depth)};
    // The 16-bit base of 3.10 and 4.4 wraps; chains are laid one after the other and never freed,
    // so the sum of the depths before is the true one. Chains that are not in the dump make no gap
    // of 65536 locks.
    if (f.base_wraps) {
      if (gap) running += (place.base - running) & 0xffff;
      place.base = running;
    }
    gap = false;
    running += place.depth;
    end = std::max(end, place.base + place.depth);
    places.push_back(place);
    lockdep->chains.push_back(std::move(chain));
  }

  const uint64_t bound = layout.chain_hlocks.count;
  if (bound != 0) end = std::min(end, bound);
  const Block hlocks =
      read_block(target, "chain_hlocks", layout.chain_hlocks.address, end * 2, kConsequence);
  for (size_t i = 0; i < places.size(); ++i) {
    take_locks(hlocks, layout.chain_hlocks, places[i], &lockdep->chains[i], lockdep);
  }
}

}  // namespace kmortem::locks
