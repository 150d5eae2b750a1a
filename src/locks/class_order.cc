// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/class_order.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>

#include "base/hex.h"
#include "locks/inconsistencies.h"

namespace kmortem::locks {

namespace {

/// The class whose member at `offset` is at `pointer`, or -1.
int64_t class_at(const LockdepLayout& layout, uint64_t pointer, uint64_t offset) {
  return pointer < offset ? -1 : layout.lock_classes.index_of(pointer - offset);
}

/// Before the bitmap a class that was freed (zap_class()) keeps its slot, without a key.
bool zapped(const LockdepLayout& layout, const ClassTable& table, unsigned index) {
  const Table& classes = layout.lock_classes;
  const uint64_t address = classes.address + index * classes.element_size;
  return !layout.features.class_bitmap && table.block.word(address + layout.cls.key->offset) == 0;
}

std::vector<unsigned> indices_in_use(const LockdepLayout& layout, const ClassTable& table) {
  std::vector<unsigned> indices;
  for (unsigned i = 0; i < table.in_use.set.size(); ++i) {
    if (table.in_use.set[i] && !zapped(layout, table, i)) indices.push_back(i);
  }
  return indices;
}

}  // namespace

std::vector<unsigned> class_order(const kernel::Target& target, const LockdepLayout& layout,
                                  const ClassTable& table, model::Lockdep* lockdep) {
  const auto head = target.symbol("all_lock_classes");
  std::vector<unsigned> by_index = indices_in_use(layout, table);
  if (!head) return by_index;
  const auto first = target.memory.read_u64(*head);
  if (!first) {
    target.problems.add({"all_lock_classes", *head, std::string(describe(first.error().kind)),
                         "lock classes are listed in the order of their indices"});
    return by_index;
  }

  const uint64_t offset = layout.cls.lock_entry->offset;
  std::vector<bool> seen(table.in_use.set.size());
  std::vector<unsigned> order;
  uint64_t entry = *first;
  bool interrupted = false;
  while (entry != *head) {
    const int64_t index = class_at(layout, entry, offset);
    // The page with this link is not in the dump: the others follow by their index.
    interrupted = index >= 0 && !table.block.complete && !table.block.has(entry, 8);
    if (interrupted) break;
    if (index < 0 || !table.in_use.may_be_set(static_cast<uint64_t>(index))) {
      note_inconsistency(lockdep, fmt::format("all_lock_classes leads to {}, which is no class",
                                              hex_address(entry)));
      break;
    }
    const auto position = static_cast<unsigned>(index);
    if (seen[position]) {
      note_inconsistency(lockdep, fmt::format("all_lock_classes comes back to class {}", index));
      break;
    }
    seen[position] = true;
    order.push_back(position);
    entry = table.block.word(entry);
  }
  for (const unsigned index : by_index) {
    if (seen[index]) continue;
    order.push_back(index);
    if (interrupted) continue;
    note_inconsistency(lockdep,
                       fmt::format("class {} is in use but not in all_lock_classes", index));
  }
  if (layout.features.array_order) std::ranges::sort(order);
  return order;
}

void check_class_hash(const kernel::Target& target, const LockdepLayout& layout,
                      const ClassTable& table, model::Lockdep* lockdep) {
  const Table& hash = layout.classhash;
  if (!hash.present || hash.size() == 0 || !layout.cls.hash_entry) return;
  const Block buckets = read_block(target, "classhash_table", hash.address, hash.size(),
                                   "lock classes are not checked against their hash table");
  if (!buckets.complete || !table.block.complete) return;

  const uint64_t offset = layout.cls.hash_entry->offset;
  std::vector<bool> hashed(table.in_use.set.size());
  for (uint64_t i = 0; i < hash.count; ++i) {
    const uint64_t head = hash.address + i * layout.hash_bucket_size;
    uint64_t node = buckets.word(head);
    // An hlist ends with null, the list_head of 3.10 and 4.4 with the bucket itself.
    while (node != 0 && node != head) {
      const int64_t index = class_at(layout, node, offset);
      if (index < 0 || !table.in_use.may_be_set(static_cast<uint64_t>(index)) ||
          hashed[static_cast<size_t>(index)]) {
        note_inconsistency(
            lockdep,
            fmt::format("classhash_table[{}] leads to {}, which is {}", i, hex_address(node),
                        index < 0                            ? "no class"
                        : hashed[static_cast<size_t>(index)] ? "in the table twice"
                                                             : "a class that is not in use"));
        break;
      }
      hashed[static_cast<size_t>(index)] = true;
      node = table.block.word(node);
    }
  }
  for (const model::LockClass& cls : lockdep->classes) {
    if (cls.index < hashed.size() && hashed[cls.index]) continue;
    note_inconsistency(lockdep, fmt::format("class {} ({}) is in use but not in classhash_table",
                                            cls.index, cls.name));
  }
}

}  // namespace kmortem::locks
