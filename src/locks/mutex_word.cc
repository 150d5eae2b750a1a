// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/core.h>

#include "base/hex.h"
#include "locks/lock_decoders.h"

namespace kmortem::locks {

namespace {

OptionalField magic_of(const debuginfo::TypeTable& types) {
  return types.field("mutex.magic");  // CONFIG_DEBUG_MUTEXES: points to the mutex itself
}

void take_magic(const kernel::Record& lock, const OptionalField& magic, LockWord* word) {
  if (magic) word->magic_right = lock.get(*magic) == lock.address();
}

/// 4.10 and later: the owner's task_struct with flags in the low bits.
class OwnerMutex : public LockDecoder {
 public:
  OwnerMutex(const debuginfo::TypeTable& types, debuginfo::Field owner, uint64_t size)
      : LockDecoder(model::LockType::mutex, "mutex", size, types.field("mutex.dep_map")),
        owner_(owner),
        magic_(magic_of(types)) {}

  LockWord decode(const kernel::Record& lock) const override {
    constexpr uint64_t kWaiters = 1;
    constexpr uint64_t kHandoff = 2;
    constexpr uint64_t kPickup = 4;
    LockWord word;
    take_magic(lock, magic_, &word);
    const uint64_t value = lock.get(owner_);
    word.value = value;
    const uint64_t task = value & ~uint64_t{7};
    word.locked = task != 0;
    word.writing = task != 0;
    word.has_waiters = (value & kWaiters) != 0;
    if ((value & kPickup) != 0 && task != 0) {
      // Given to a waiter that has not yet run to take it: it is still among the waiters.
      word.text = "handed to " + hex_address(task) + ", which has not taken it yet";
      return word;
    }
    word.text = task != 0 ? "locked" : "free";
    if ((value & kWaiters) != 0) append_part(&word.text, "waiters");
    if ((value & kHandoff) != 0) append_part(&word.text, "handoff asked for");
    word.owner = task;
    word.owner_member = "mutex.owner";
    return word;
  }

 private:
  debuginfo::Field owner_;
  OptionalField magic_;
};

/// Until 4.9: count, and an owner with CONFIG_DEBUG_MUTEXES or spinning on the owner.
class CountMutex : public LockDecoder {
 public:
  CountMutex(const debuginfo::TypeTable& types, debuginfo::Field count, uint64_t size)
      : LockDecoder(model::LockType::mutex, "mutex", size, types.field("mutex.dep_map")),
        count_(count),
        owner_(types.field("mutex.owner")),
        magic_(magic_of(types)) {}

  LockWord decode(const kernel::Record& lock) const override {
    LockWord word;
    take_magic(lock, magic_, &word);
    const auto count = static_cast<int32_t>(lock.get(count_));
    word.value = static_cast<uint32_t>(count);
    word.locked = count <= 0;
    word.writing = count <= 0;
    word.has_waiters = count < 0;
    word.text = fmt::format("{} (count {})",
                            count > 0    ? "free"
                            : count == 0 ? "locked"
                                         : "locked, waiters",
                            count);
    word.no_owner_kept = !owner_;
    word.owner_member = "mutex.owner";
    if (count <= 0) word.owner = lock.get_or(owner_, 0);
    return word;
  }

 private:
  debuginfo::Field count_;
  OptionalField owner_, magic_;
};

}  // namespace

DecoderPtr make_mutex_decoder(const debuginfo::TypeTable& types) {
  const auto size = types.size_of("mutex");
  if (!size) return nullptr;
  const auto count = types.field("mutex.count.counter");
  const auto owner = types.field("mutex.owner.counter");
  if (count && !owner) return std::make_unique<CountMutex>(types, *count, *size);
  if (owner && owner->size == 8) return std::make_unique<OwnerMutex>(types, *owner, *size);
  return nullptr;
}

}  // namespace kmortem::locks
