// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/core.h>

#include "locks/lock_decoders.h"

namespace kmortem::locks {

namespace {

/// rt_mutex_base.owner, rt_mutex.owner before 5.15: bit 0 says that there are waiters.
void take_rt_owner(uint64_t value, const std::string& member, LockWord* word) {
  word->value = value;
  const uint64_t task = value & ~uint64_t{1};
  word->locked = task != 0;
  word->writing = task != 0;
  word->has_waiters = (value & 1) != 0;
  word->text = task != 0 ? "locked" : "free";
  if (word->has_waiters) append_part(&word->text, "waiters");
  word->owner = task;
  word->owner_member = member;
}

/// Any lock that is an rt_mutex inside.
class RtDecoder : public LockDecoder {
 public:
  RtDecoder(model::LockType type, std::string name, uint64_t size, OptionalField map,
            debuginfo::Field owner, std::string member)
      : LockDecoder(type, std::move(name), size, map), owner_(owner), member_(std::move(member)) {}

  LockWord decode(const kernel::Record& lock) const override {
    LockWord word;
    take_rt_owner(lock.get(owner_), member_, &word);
    return word;
  }

 private:
  debuginfo::Field owner_;
  std::string member_;
};

/// rwbase_rt: rwlock_t and rw_semaphore of PREEMPT_RT.
class RwbaseDecoder : public LockDecoder {
 public:
  RwbaseDecoder(model::LockType type, std::string name, uint64_t size, OptionalField map,
                debuginfo::Field readers, debuginfo::Field owner, std::string member)
      : LockDecoder(type, std::move(name), size, map),
        readers_(readers),
        owner_(owner),
        member_(std::move(member)) {}

  LockWord decode(const kernel::Record& lock) const override {
    constexpr uint64_t kReaderBias = uint64_t{1} << 31;
    constexpr uint64_t kWriterBias = uint64_t{1} << 30;
    LockWord word;
    take_rt_owner(lock.get(owner_), member_, &word);
    const uint64_t value = lock.get(readers_) & UINT32_MAX;
    word.value = value;
    const bool open_to_readers = (value & kReaderBias) != 0;
    const uint64_t readers = value & (kWriterBias - 1);
    word.writing = !open_to_readers && (value & kWriterBias) != 0;
    word.locked = word.writing || readers != 0;
    word.text = word.writing   ? "locked by a writer"
                : readers != 0 ? fmt::format("{} reader{}", readers, readers == 1 ? "" : "s")
                               : "free";
    if (!open_to_readers && !word.writing) append_part(&word.text, "a writer waits");
    // While readers drain, the rt_mutex belongs to the writer that waits for them.
    if (word.writing) return word;
    if (!open_to_readers) word.waiting_writer = word.owner;
    word.no_owner_kept = readers != 0;
    word.owner = 0;
    return word;
  }

 private:
  debuginfo::Field readers_, owner_;
  std::string member_;
};

DecoderPtr make_rt(const debuginfo::TypeTable& types, model::LockType type, const std::string& name,
                   const std::string& inner) {
  const std::string member = inner.empty() ? name + ".owner" : name + "." + inner + ".owner";
  const auto owner = types.field(member);
  const auto size = types.size_of(name);
  if (!owner || owner->size != 8 || !size) return nullptr;
  return std::make_unique<RtDecoder>(type, name, *size, types.field(name + ".dep_map"), *owner,
                                     member);
}

DecoderPtr make_rwbase(const debuginfo::TypeTable& types, model::LockType type,
                       const std::string& name) {
  const std::string member = name + ".rwbase.rtmutex.owner";
  const auto readers = types.field(name + ".rwbase.readers.counter");
  const auto owner = types.field(member);
  const auto size = types.size_of(name);
  if (!readers || !owner || !size) return nullptr;
  return std::make_unique<RwbaseDecoder>(type, name, *size, types.field(name + ".dep_map"),
                                         *readers, *owner, member);
}

}  // namespace

DecoderPtr make_rt_mutex_decoder(const debuginfo::TypeTable& types) {
  if (auto decoder = make_rt(types, model::LockType::rt_mutex, "rt_mutex", "rtmutex")) {
    return decoder;
  }
  return make_rt(types, model::LockType::rt_mutex, "rt_mutex", "");
}

DecoderPtr make_rt_spinlock_decoder(const debuginfo::TypeTable& types) {
  return make_rt(types, model::LockType::rt_spinlock, "spinlock", "lock");
}

DecoderPtr make_rt_rwlock_decoder(const debuginfo::TypeTable& types) {
  return make_rwbase(types, model::LockType::rt_rwlock, "rwlock_t");
}

DecoderPtr make_rt_kernel_mutex_decoder(const debuginfo::TypeTable& types) {
  return make_rt(types, model::LockType::mutex, "mutex", "rtmutex");
}

DecoderPtr make_rt_kernel_rwsem_decoder(const debuginfo::TypeTable& types) {
  return make_rwbase(types, model::LockType::rw_semaphore, "rw_semaphore");
}

}  // namespace kmortem::locks
