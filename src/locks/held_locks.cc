// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/held_locks.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/checked.h"
#include "kernel/record.h"

namespace kmortem::locks {

namespace {

// MAX_LOCK_DEPTH is 48 in every kernel; the array's own bound decides, this caps a corrupt one.
constexpr uint64_t kMostSlots = 1024;

// 3.10 had two bits in held_lock.check: 2 checks everything, 1 is what 0 became later.
bool checked(const OptionalField& field, uint64_t value) {
  return field && field->bit_size == 2 ? value == 2 : value != 0;
}

}  // namespace

HeldLockReader::HeldLockReader(const kernel::Target& target, const model::Lockdep& lockdep,
                               bool one_based_index)
    : target_(target), lockdep_(lockdep), one_based_index_(one_based_index) {
  const debuginfo::TypeTable& types = target.types;
  held_locks_ = types.field("task_struct.held_locks");
  depth_ = types.field("task_struct.lockdep_depth");
  curr_chain_key_ = types.field("task_struct.curr_chain_key");
  recursion_ = types.field("task_struct.lockdep_recursion");
  slot_size_ = held_locks_ ? held_locks_->size : 0;
  prev_chain_key_ = types.field("held_lock.prev_chain_key");
  acquire_ip_ = types.field("held_lock.acquire_ip");
  instance_ = types.field("held_lock.instance");
  nest_lock_ = types.field("held_lock.nest_lock");
  class_idx_ = types.field("held_lock.class_idx");
  irq_context_ = types.field("held_lock.irq_context");
  trylock_ = types.field("held_lock.trylock");
  read_ = types.field("held_lock.read");
  check_ = types.field("held_lock.check");
  hardirqs_off_ = types.field("held_lock.hardirqs_off");
  references_ = types.field("held_lock.references");
  pin_count_ = types.field("held_lock.pin_count");
  sync_ = types.field("held_lock.sync");
  stamp_ = types.field("held_lock.holdtime_stamp");
  if (!class_idx_ || !instance_ || slot_size_ == 0) held_locks_.reset();
}

model::HeldLock HeldLockReader::decode(uint64_t address, std::span<const std::byte> bytes) const {
  const kernel::Record record(address, bytes);
  model::HeldLock held;
  held.address = record.get_or(instance_, 0);
  held.acquire_ip = record.get_or(acquire_ip_, 0);
  held.acquired_at.pc = held.acquire_ip;
  held.prev_chain_key = record.get_or(prev_chain_key_, 0);
  held.nest_lock = record.get_or(nest_lock_, 0);
  held.irq_context = static_cast<unsigned>(record.get_or(irq_context_, 0));
  held.read = static_cast<unsigned>(record.get_or(read_, 0));
  held.trylock = record.get_or(trylock_, 0) != 0;
  held.check = checked(check_, record.get_or(check_, 1));
  held.hardirqs_off = record.get_or(hardirqs_off_, 0) != 0;
  held.sync = record.get_or(sync_, 0) != 0;
  held.references = static_cast<unsigned>(record.get_or(references_, 0));
  held.pin_count = static_cast<unsigned>(record.get_or(pin_count_, 0));
  held.stamp = record.get_or(stamp_, 0);
  // Until 5.2 (el8.0) indices count from 1 and 0 is no class.
  const auto index = static_cast<int>(record.get_or(class_idx_, 0)) - (one_based_index_ ? 1 : 0);
  held.class_index = lockdep_.find(index) != nullptr ? index : -1;
  return held;
}

void HeldLockReader::take_slots(uint64_t address, std::span<const std::byte> slots, uint64_t depth,
                                model::Task* task) const {
  for (uint64_t i = 0; (i + 1) * slot_size_ <= slots.size(); ++i) {
    auto held = decode(address + i * slot_size_, slots.subspan(i * slot_size_, slot_size_));
    if (i < depth) {
      task->held_locks.push_back(std::move(held));
    } else if (held.address != 0) {
      task->one_past_top = std::move(held);
    }
  }
}

void HeldLockReader::read(model::Task* task) const {
  if (!known()) return;
  const auto problem = [&](uint64_t at, std::string reason) {
    target_.problems.add({"task_struct.held_locks", at, std::move(reason),
                          "the locks that this task holds are not listed"});
  };
  const auto depth = checked_add(task->address, depth_->offset);
  const auto slots = checked_add(task->address, held_locks_->offset);
  if (!depth || !slots) return problem(task->address, "not a kernel address");

  auto count = target_.memory.read_unsigned(*depth, 4);
  if (!count) return problem(*depth, std::string(describe(count.error().kind)));
  const uint64_t bound = std::min<uint64_t>(held_locks_->count, kMostSlots);
  if (*count > bound) return problem(*depth, "lockdep_depth is beyond the array");

  std::vector<std::byte> bytes(std::min(*count + 1, bound) * slot_size_);
  if (auto done = target_.memory.read(*slots, bytes); !done) {
    return problem(done.error().address, std::string(describe(done.error().kind)));
  }
  task->lockdep_known = true;
  take_slots(*slots, bytes, *count, task);
  const auto number = [&](const OptionalField& field) -> uint64_t {
    if (!field) return 0;
    return target_.memory.read_unsigned(task->address + field->offset, field->size).value_or(0);
  };
  task->curr_chain_key = number(curr_chain_key_);
  task->lockdep_recursion = number(recursion_);
}

void read_held_locks(const kernel::Target& target, const model::Lockdep& lockdep,
                     std::vector<model::Task>* tasks) {
  if (!lockdep.present) return;
  const HeldLockReader reader(target, lockdep, !lockdep.features.class_bitmap);
  for (model::Task& task : *tasks) reader.read(&task);
}

}  // namespace kmortem::locks
