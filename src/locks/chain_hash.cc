// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/chain_hash.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "base/hex.h"
#include "locks/inconsistencies.h"
#include "locks/kernel_reads.h"

namespace kmortem::locks {

namespace {

constexpr std::string_view kConsequence = "lock chains are not compared with their hash table";

}  // namespace

void check_chain_hash(const kernel::Target& target, const LockdepLayout& layout,
                      model::Lockdep* lockdep) {
  const Table& chains = layout.lock_chains;
  const auto entry = target.types.field("lock_chain.entry");
  if (!chains.present || chains.count == 0 || !entry) return;
  const Table hash = probe_table(target, "chainhash_table", "hlist_head");
  if (!hash.present || layout.hash_bucket_size != 8) return;
  const Bitmap bitmap = read_bitmap(target, "lock_chains_in_use", chains.count, kConsequence);
  const std::vector<bool>& in_use = bitmap.set;
  // Of a bitmap with holes nothing can be said for sure.
  if (std::find(bitmap.unknown.begin(), bitmap.unknown.end(), true) != bitmap.unknown.end()) return;
  if (in_use.empty()) return;

  const Block buckets =
      read_block(target, "chainhash_table", hash.address, hash.size(), kConsequence);
  const Block block = read_block(target, "lock_chains", chains.address,
                                 bitmap.end() * chains.element_size, kConsequence);
  if (!buckets.complete || !block.complete) return;
  std::vector<bool> seen(in_use.size(), false);
  for (uint64_t bucket = 0; bucket < hash.count; ++bucket) {
    uint64_t node = buckets.word(hash.address + bucket * hash.element_size);
    while (node != 0) {
      const int64_t found = node < entry->offset ? -1 : chains.index_of(node - entry->offset);
      const auto index = static_cast<size_t>(found);
      if (found < 0 || index >= in_use.size() || !in_use[index] || seen[index]) {
        const char* what = found < 0 || index >= in_use.size() ? "no chain"
                           : !in_use[index]                    ? "a free chain"
                                                               : "a chain that it led to before";
        note_inconsistency(lockdep, fmt::format("chainhash_table[{}] leads to {}, which is {}",
                                                bucket, hex_address(node), what));
        break;
      }
      seen[index] = true;
      node = block.word(node);
    }
  }
}

}  // namespace kmortem::locks
