// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lock_containers.h"

#include <algorithm>
#include <array>

#include "base/checked.h"
#include "dump/memory.h"

namespace kmortem::locks {

namespace {

using model::LockType;

constexpr uint64_t kUsualStack = 16384;  // THREAD_SIZE of x86-64 without KASAN
constexpr uint64_t kLargestStack = 128 << 10;
constexpr uint64_t kLargestLock = 1024;

/// THREAD_SIZE: the linker script leaves exactly that much for init_task.
uint64_t probe_stack_size(const kernel::Target& target) {
  for (const auto& [first, last] : {std::pair{"__start_init_stack", "__end_init_stack"},
                                    std::pair{"__start_init_task", "__end_init_task"}}) {
    const auto begin = target.symbol(first);
    const auto end = target.symbol(last);
    if (begin && end && *end > *begin && *end - *begin <= kLargestStack) return *end - *begin;
  }
  return kUsualStack;
}

bool sleeps(LockType type) {
  return type == LockType::mutex || type == LockType::rw_semaphore || type == LockType::rt_mutex ||
         type == LockType::percpu_rwsem || type == LockType::semaphore;
}

/// Of PREEMPT_RT, a rwbase_rt.
bool reads_rt(LockType type) {
  return type == LockType::rw_semaphore || type == LockType::rt_rwlock;
}

}  // namespace

KnownTasks::KnownTasks(const kernel::Target& target, std::span<const model::Task> tasks)
    : stack_size_(probe_stack_size(target)) {
  for (const model::Task& task : tasks) by_address_.emplace(task.address, &task);
}

const model::Task* KnownTasks::find(uint64_t address) const {
  const auto found = by_address_.find(address);
  return found == by_address_.end() ? nullptr : found->second;
}

bool KnownTasks::on_stack_of(uint64_t task, uint64_t address) const {
  const model::Task* owner = find(task);
  return owner != nullptr && owner->stack_base != 0 && address >= owner->stack_base &&
         address - owner->stack_base < stack_size_;
}

LockContainers::LockContainers(const kernel::Target& target, const LockDecoders& decoders,
                               const WaiterReader& waiters, const KnownTasks& tasks,
                               const model::Lockdep& lockdep)
    : target_(target),
      decoders_(decoders),
      waiters_(waiters),
      tasks_(tasks),
      wait_type_(target.types.field("lockdep_map.wait_type_inner")) {
  const auto value = lockdep.wait_type_values.find("LD_WAIT_SLEEP");
  if (value != lockdep.wait_type_values.end()) sleeping_ = value->second;
}

std::optional<LockWord> LockContainers::read(const LockAt& lock) const {
  const LockDecoder* decoder = decoders_.find(lock.type);
  if (decoder == nullptr || decoder->size() > kLargestLock) return std::nullopt;
  std::array<std::byte, kLargestLock> buffer;
  const auto bytes = std::span(buffer).first(decoder->size());
  if (!checked_add(lock.address, bytes.size())) return std::nullopt;
  if (!target_.memory.read(lock.address, bytes)) return std::nullopt;
  return decoder->decode(kernel::Record(lock.address, bytes));
}

std::optional<uint64_t> LockContainers::wait_type(uint64_t map) const {
  if (!wait_type_ || sleeping_ == 0) return std::nullopt;
  const auto value = target_.memory.read_unsigned(map + wait_type_->offset, wait_type_->size);
  if (!value || *value == 0) return std::nullopt;
  return *value;
}

bool LockContainers::list_is_sound(LockType type, uint64_t address) const {
  const auto head = waiters_.list_head(type);
  if (!head) return true;
  const uint64_t at = address + head->offset;
  const auto next = target_.memory.read_u64(at);
  if (!next || !dump::is_kernel_address(*next)) return false;
  const auto back = target_.memory.read_u64(*next + 8);
  return back && *back == at;
}

bool LockContainers::preempt_rt() const {
  return decoders_.find(LockType::rt_spinlock) != nullptr;
}

// How the word before an rt_mutex_base reads as rwbase_rt.readers, whose bits 31 and 30 are
// READER_BIAS and WRITER_BIAS. Without either, readers may be leaving while a writer has the
// rt_mutex; or the word is anything else, and the lock a mutex, which nobody takes for reading.
LockContainers::Rwbase LockContainers::rwbase_before(uint64_t map,
                                                     std::optional<bool> has_readers) const {
  constexpr uint64_t kBiases = 0xc0000000;
  const LockType type = wait_type(map) == sleeping_ ? LockType::rw_semaphore : LockType::rt_rwlock;
  const LockDecoder* decoder = decoders_.find(type);
  if (decoder == nullptr || !decoder->map() || map < decoder->map()->offset) return Rwbase::no;
  const auto word = read({map - decoder->map()->offset, type});
  if (!word || !word->value || *word->value > UINT32_MAX) return Rwbase::no;
  const uint64_t readers = *word->value & ~kBiases;
  if (readers > tasks_.count()) return Rwbase::no;
  const uint64_t biases = *word->value & kBiases;
  if (biases == kBiases) return Rwbase::no;
  if (biases != 0) return Rwbase::yes;
  if (readers == 0 || word->waiting_writer == 0) return Rwbase::no;
  if (!has_readers) return Rwbase::perhaps;
  return *has_readers ? Rwbase::yes : Rwbase::no;
}

// PREEMPT_RT: a spinlock_t, a mutex and an rt_mutex are alike but for their wait type, and each is
// the end of a rwlock_t or rw_semaphore.
bool LockContainers::fits_rt(const LockAt& lock, uint64_t map,
                             std::optional<bool> has_readers) const {
  const auto type = wait_type(map);
  if (lock.type == LockType::raw_spinlock) return !type || *type != sleeping_;
  if (type && (*type == sleeping_) != sleeps(lock.type)) return false;
  const bool bare = lock.type == LockType::mutex || lock.type == LockType::rt_mutex ||
                    lock.type == LockType::rt_spinlock;
  if (reads_rt(lock.type)) return rwbase_before(map, has_readers) == Rwbase::yes;
  return !bare || rwbase_before(map, has_readers) == Rwbase::no;
}

bool LockContainers::fits_map(const LockDecoder& decoder, uint64_t map,
                              std::optional<bool> has_readers) const {
  if (!decoder.map() || map < decoder.map()->offset) return false;
  // Nothing in these tells them from any other memory.
  if (decoder.type() == LockType::seqlock || decoder.type() == LockType::completion) return false;
  const LockAt lock{map - decoder.map()->offset, decoder.type()};
  const auto word = read(lock);
  if (!word) return false;
  if (word->magic_right && !*word->magic_right) return false;
  if (!list_is_sound(lock.type, lock.address)) return false;
  if (preempt_rt() && !fits_rt(lock, map, has_readers)) return false;
  if (word->magic_right) return true;
  if (word->owner != 0 && tasks_.find(word->owner) == nullptr) return false;
  const bool has_list = waiters_.list_head(lock.type).has_value();
  // The bias bits of rwbase_rt tell it while no writer has it, and fits_rt() has seen them.
  const bool is_rwbase = preempt_rt() && reads_rt(lock.type);
  return has_list || is_rwbase || word->owner != 0;
}

LockAt LockContainers::of_map(uint64_t map, std::optional<bool> has_readers) const {
  for (const DecoderPtr& decoder : decoders_.all()) {
    if (fits_map(*decoder, map, has_readers))
      return {map - decoder->map()->offset, decoder->type()};
  }
  return {map, LockType::lockdep_only};
}

bool LockContainers::may_be_contended(const LockAt& lock) const {
  const auto word = read(lock);
  if (!word || (word->magic_right && !*word->magic_right)) return false;
  switch (lock.type) {
    case LockType::mutex:
    case LockType::rw_semaphore:
      if (!word->has_waiters) return false;
      return word->owner == 0 || word->owner_hint || tasks_.find(word->owner) != nullptr;
    case LockType::semaphore:
      return word->value == 0U;
    case LockType::completion:
    case LockType::percpu_rwsem:
      return true;
    default:
      return word->owner == 0 || tasks_.find(word->owner) != nullptr;
  }
}

std::optional<LockAt> LockContainers::of_wait_list(LockType type, uint64_t head) const {
  auto member = waiters_.list_head(type);
  if (!member || head < member->offset) return std::nullopt;
  const LockAt lock{head - member->offset, type};
  if (!may_be_contended(lock)) return std::nullopt;
  return lock;
}

}  // namespace kmortem::locks
