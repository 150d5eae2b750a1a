// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lock_decoders.h"

namespace kmortem::locks {

namespace {

constexpr uint64_t kSpinlockMagic = 0xdead4ead;
constexpr uint64_t kRwlockMagic = 0xdeaf1eed;
constexpr uint64_t kNoOwner = UINT64_MAX;

/// What CONFIG_DEBUG_SPINLOCK adds to both kinds of lock.
struct DebugFields {
  DebugFields(const debuginfo::TypeTable& types, const std::string& type)
      : magic(types.field(type + ".magic")),
        owner_cpu(types.field(type + ".owner_cpu")),
        owner(types.field(type + ".owner")),
        owner_member(type + ".owner") {}

  bool known() const { return magic && owner_cpu && owner; }

  void take(const kernel::Record& lock, uint64_t right_magic, LockWord* word) const {
    word->no_owner_kept = !known();
    if (!known()) return;
    word->magic_right = lock.get(*magic) == right_magic;
    // An arch_spinlock_t by itself, as a rwlock has for its queue, or damage: no owner stands here.
    if (!*word->magic_right) {
      word->no_owner_kept = true;
      return;
    }
    const uint64_t task = lock.get(*owner);
    if (task == kNoOwner || task == 0) return;
    word->owner = task;
    word->owner_cpu = static_cast<int32_t>(lock.get(*owner_cpu));
    word->owner_member = owner_member;
  }

  OptionalField magic, owner_cpu, owner;
  std::string owner_member;
};

class SpinlockDecoder : public LockDecoder {
 public:
  SpinlockDecoder(const kernel::Target& target, debuginfo::Field raw_lock, uint64_t size)
      : LockDecoder(model::LockType::raw_spinlock, "raw_spinlock", size,
                    target.types.field("raw_spinlock.dep_map")),
        layout_(target),
        raw_lock_(raw_lock),
        debug_(target.types, "raw_spinlock") {}

  LockWord decode(const kernel::Record& lock) const override {
    LockWord word;
    debug_.take(lock, kSpinlockMagic, &word);
    if (!layout_.known()) return word;
    word.value = lock.get(raw_lock_);
    const SpinWord parts = layout_.decode(*word.value);
    word.text = parts.text();
    word.locked = parts.locked;
    word.writing = parts.locked;
    word.has_waiters = parts.contended();
    return word;
  }

 private:
  SpinWordLayout layout_;
  debuginfo::Field raw_lock_;
  DebugFields debug_;
};

/// The reader-writer lock's word: how many readers, a writer, somebody in the queue.
struct RwWord {
  uint64_t readers = 0;
  bool writer = false;
  bool writer_waits = false;
};

class RwlockDecoder : public LockDecoder {
 public:
  RwlockDecoder(const debuginfo::TypeTable& types, debuginfo::Field word, uint64_t size)
      : LockDecoder(model::LockType::rwlock, "rwlock_t", size, types.field("rwlock_t.dep_map")),
        word_(word),
        queued_(types.has("rwlock_t.raw_lock.cnts")),
        nine_bits_(types.has("rwlock_t.raw_lock.wlocked")),
        debug_(types, "rwlock_t") {}

  LockWord decode(const kernel::Record& lock) const override {
    LockWord word;
    debug_.take(lock, kRwlockMagic, &word);
    const uint64_t value = lock.get(word_);
    word.value = word_.size == 4 ? value & UINT32_MAX : value;
    const RwWord parts = queued_ ? queued(*word.value) : biased(value);
    word.locked = parts.writer || parts.readers != 0;
    word.writing = parts.writer;
    word.has_waiters = parts.writer_waits;
    if (parts.writer) append_part(&word.text, "locked by a writer");
    if (parts.readers != 0) append_part(&word.text, readers_text(parts.readers));
    if (parts.writer_waits) append_part(&word.text, "a writer waits");
    if (word.text.empty()) word.text = "free";
    // Only writers are recorded.
    if (!parts.writer) word.owner = 0;
    if (parts.readers != 0) word.no_owner_kept = true;
    return word;
  }

 private:
  static std::string readers_text(uint64_t readers) {
    return std::to_string(readers) + (readers == 1 ? " reader" : " readers");
  }

  RwWord queued(uint64_t value) const {
    RwWord word;
    // 4.15 moved the waiting writer's mark out of the writer's byte: _QW_WAITING 0x100.
    const unsigned shift = nine_bits_ ? 9 : 8;
    word.readers = value >> shift;
    word.writer = (value & 0xff) == 0xff;
    word.writer_waits = nine_bits_ ? (value & 0x100) != 0 : (value & 0xff) == 1;
    return word;
  }

  /// Before 3.16: RW_LOCK_BIAS less one for each reader, less all of it for a writer.
  RwWord biased(uint64_t value) const {
    const int64_t bias = word_.size == 4 ? 0x00100000 : int64_t{1} << 32;
    const auto left = static_cast<int64_t>(value);
    RwWord word;
    if (left > 0) {
      word.readers = static_cast<uint64_t>(left < bias ? bias - left : 0);
    } else {
      word.writer = left == 0;
      word.writer_waits = left < 0;
    }
    return word;
  }

  debuginfo::Field word_;
  bool queued_;
  bool nine_bits_;
  DebugFields debug_;
};

}  // namespace

DecoderPtr make_spinlock_decoder(const kernel::Target& target) {
  const auto raw_lock = target.types.field("raw_spinlock.raw_lock");
  const auto size = target.types.size_of("raw_spinlock");
  if (!raw_lock || !size) return nullptr;
  return std::make_unique<SpinlockDecoder>(target, *raw_lock, *size);
}

DecoderPtr make_rwlock_decoder(const debuginfo::TypeTable& types) {
  auto word = types.field("rwlock_t.raw_lock.cnts.counter");
  if (!word) word = types.field("rwlock_t.raw_lock.lock");
  const auto size = types.size_of("rwlock_t");
  if (!word || !size || (word->size != 4 && word->size != 8)) return nullptr;
  return std::make_unique<RwlockDecoder>(types, *word, *size);
}

}  // namespace kmortem::locks
