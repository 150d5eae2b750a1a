// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/core.h>

#include "locks/lock_decoders.h"

namespace kmortem::locks {

namespace {

std::string readers_text(uint64_t readers) {
  return fmt::format("{} reader{}", readers, readers == 1 ? "" : "s");
}

/// 5.3 and later (64489e78004c): flag bits, readers above them.
class FlagRwsem : public LockDecoder {
 public:
  FlagRwsem(const debuginfo::TypeTable& types, debuginfo::Field count, debuginfo::Field owner,
            uint64_t size)
      : LockDecoder(model::LockType::rw_semaphore, "rw_semaphore", size,
                    types.field("rw_semaphore.dep_map")),
        count_(count),
        owner_(owner),
        magic_(types.field("rw_semaphore.magic")) {}

  LockWord decode(const kernel::Record& lock) const override {
    constexpr uint64_t kWriter = 1;
    constexpr uint64_t kWaiters = 2;
    constexpr uint64_t kHandoff = 4;
    constexpr uint64_t kReadFail = uint64_t{1} << 63;
    LockWord word;
    if (magic_) word.magic_right = lock.get(*magic_) == lock.address();
    const uint64_t value = lock.get(count_);
    const uint64_t readers = (value & ~kReadFail) >> 8;
    word.value = value;
    word.writing = (value & kWriter) != 0;
    word.locked = word.writing || readers != 0;
    word.has_waiters = (value & kWaiters) != 0;
    if (word.writing) append_part(&word.text, "locked by a writer");
    if (readers != 0) append_part(&word.text, readers_text(readers));
    if (word.text.empty()) word.text = "free";
    if (word.has_waiters) append_part(&word.text, "waiters");
    if ((value & kHandoff) != 0) append_part(&word.text, "handoff asked for");
    take_owner(lock.get(owner_), readers, &word);
    return word;
  }

 private:
  static void take_owner(uint64_t owner, uint64_t readers, LockWord* word) {
    const bool reader_owned = (owner & 1) != 0;
    // Bits 1 and 2 say whether to spin on it; the second of them from 5.4 to 5.14.
    const uint64_t task = owner & ~uint64_t{7};
    word->owner_member = "rw_semaphore.owner";
    if (word->writing) {
      if (!reader_owned) word->owner = task;
      return;
    }
    word->no_owner_kept = readers != 0;
    if (readers == 0 || !reader_owned || task == 0) return;
    word->owner = task;
    word->owner_shared = true;
    word->owner_hint = true;
  }

  debuginfo::Field count_, owner_;
  OptionalField magic_;
};

/// Until 5.2: how many are in or trying to get in, less a bias for waiters and writers.
class BiasRwsem : public LockDecoder {
 public:
  BiasRwsem(const debuginfo::TypeTable& types, debuginfo::Field count, uint64_t size)
      : LockDecoder(model::LockType::rw_semaphore, "rw_semaphore", size,
                    types.field("rw_semaphore.dep_map")),
        count_(count),
        owner_(types.field("rw_semaphore.owner")),
        list_(types.field("rw_semaphore.wait_list.next")) {}

  LockWord decode(const kernel::Record& lock) const override {
    LockWord word;
    const uint64_t value = lock.get(count_);
    const uint64_t active = value & UINT32_MAX;
    const auto bias = static_cast<int32_t>(value >> 32);
    const uint64_t owner = lock.get_or(owner_, 0);
    const bool queued = list_ && lock.get(*list_) != lock.address_of(*list_);
    word.value = value;
    word.locked = active != 0;
    word.has_waiters = queued;
    // A writer counts as one and takes one bias; the list of waiters, while there is one, another.
    word.writing = active != 0 && bias < (queued ? -1 : 0);
    // el8.0: bit 0 says readers, bit 1 that the writer is not a task that can be named.
    const bool readers_own = (owner & 1) != 0;
    if (readers_own) word.writing = false;
    if (word.writing) append_part(&word.text, "locked by a writer");
    if (active != 0 && !word.writing) append_part(&word.text, readers_text(active));
    if (active == 0) append_part(&word.text, "free");
    if (queued) append_part(&word.text, "waiters");
    word.owner_member = "rw_semaphore.owner";
    if (word.writing) word.owner = owner & ~uint64_t{3};
    word.no_owner_kept = !owner_ || (active != 0 && !word.writing);
    return word;
  }

 private:
  debuginfo::Field count_;
  OptionalField owner_, list_;
};

}  // namespace

DecoderPtr make_rwsem_decoder(const debuginfo::TypeTable& types) {
  const auto size = types.size_of("rw_semaphore");
  if (!size) return nullptr;
  auto count = types.field("rw_semaphore.count.counter");
  if (!count) count = types.field("rw_semaphore.count");  // a plain long until 4.7
  if (!count || count->size != 8) return nullptr;
  const auto owner = types.field("rw_semaphore.owner.counter");
  if (owner) return std::make_unique<FlagRwsem>(types, *count, *owner, *size);
  return std::make_unique<BiasRwsem>(types, *count, *size);
}

}  // namespace kmortem::locks
