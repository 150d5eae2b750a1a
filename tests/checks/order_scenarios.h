// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "checks/refused_acquisition.h"
#include "model/order_graph.h"
#include "snapshots.h"

namespace kmortem::checks::testing {

/// Adds the dependency from -> to, in both lists, as check_prev_add() does.
inline void add_order(model::Snapshot& snapshot, unsigned from, unsigned to,
                      unsigned kinds = model::kExclusiveWaiting, int trace = -1) {
  model::Lockdep& lockdep = snapshot.lockdep;
  model::LockClass& before = lockdep.classes[lockdep.position.at(from)];
  model::LockClass& after = lockdep.classes[lockdep.position.at(to)];
  for (const unsigned index : before.locks_after) {
    model::Dependency& known = lockdep.dependencies[index];
    if (known.to != static_cast<int>(to)) continue;
    known.dep |= kinds;
    for (const unsigned back : after.locks_before) {
      model::Dependency& twin = lockdep.dependencies[back];
      if (twin.to != static_cast<int>(from)) continue;
      twin.dep |= (kinds & 9) | (kinds & 2) << 1 | (kinds & 4) >> 1;
    }
    return;
  }
  const auto entry = [&](unsigned of, unsigned names, unsigned dep) {
    model::Dependency dependency;
    dependency.address = 0xffffffff82a00000 + lockdep.dependencies.size() * 56;
    dependency.from = static_cast<int>(of);
    dependency.to = static_cast<int>(names);
    dependency.distance = 1;
    dependency.dep = dep;
    dependency.trace = trace;
    lockdep.dependencies.push_back(dependency);
    return static_cast<unsigned>(lockdep.dependencies.size()) - 1;
  };
  before.locks_after.push_back(entry(from, to, kinds));
  // The middle bits trade places in locks_before.
  after.locks_before.push_back(entry(to, from, (kinds & 9) | (kinds & 2) << 1 | (kinds & 4) >> 1));
}

/// Runs a script of lock events as lockdep would see them, and records what it would: usage bits,
/// dependencies, held locks. Unlike lockdep it refuses no dependency, so that the graph holds the
/// one that a rule must find. A class asked for while it is held stops it, as in check_deadlock():
/// the slot past the last held lock keeps it.
///
/// Words: "A" takes a lock exclusively, "rA" reads without recursion (rwsem, queued rwlock), "RA"
/// as a recursive reader, "lA" takes a local_lock, "tA" tries for a lock and gets it, "A@C" takes
/// it with C as its nest_lock; "-A" releases. "A1" and "A2" are two locks of class A. "cli" "sti",
/// "bh-" "bh+", "irq(" ")irq", "soft(" ")soft" are the contexts.
class LockEvents {
 public:
  explicit LockEvents(bool strong_paths = true) : snapshot_(lockdep_snapshot()) {
    snapshot_.lockdep.features.strong_paths = strong_paths;
    snapshot_.lockdep.features.wait_types = true;
    task_.address = 0xffff888100e00000;
    task_.pid = 48;
    task_.comm = "worker";
    task_.lockdep_known = true;
  }

  model::Snapshot run(const std::string& script) {
    std::istringstream words(script);
    for (std::string word; !stopped_ && words >> word;) event(word);
    snapshot_.lockdep.enabled = false;
    snapshot_.tasks.push_back(task_);
    return snapshot_;
  }

 private:
  void event(const std::string& word) {
    if (word == "cli") return void(hardirqs_on_ = false);
    if (word == "sti") return enable_hardirqs();
    if (word == "bh-") return void(softirqs_on_ = false);
    if (word == "bh+") return enable_softirqs();
    if (word == "irq(" || word == "soft(") {
      (word == "irq(" ? in_hardirq_ : in_softirq_) = true;
      hardirqs_on_ = false;
      if (word == "soft(") softirqs_on_ = false;
      return;
    }
    if (word == ")irq" || word == ")soft") {
      (word == ")irq" ? in_hardirq_ : in_softirq_) = false;
      hardirqs_on_ = true;
      softirqs_on_ = true;
      return;
    }
    if (word[0] == '-') return release(word.substr(1));
    const char how = word[0];
    const bool prefixed = how == 'r' || how == 'R' || how == 'l' || how == 't';
    const std::string lock = prefixed ? word.substr(1) : word;
    if (how == 'l') class_of(lock).lock_type = 1;  // LD_LOCK_PERCPU
    const size_t nest = lock.find('@');
    model::HeldLock held;
    held.address = address_of(lock.substr(0, nest));
    held.read = how == 'r' ? 1 : how == 'R' ? 2 : 0;
    held.trylock = how == 't';
    if (nest != std::string::npos) held.nest_lock = address_of(lock.substr(nest + 1));
    take(class_of(lock), held);
  }

  model::LockClass& class_of(const std::string& lock) {
    const auto index = static_cast<unsigned>(lock[0]);
    auto& lockdep = snapshot_.lockdep;
    if (!lockdep.position.contains(index)) {
      add_class(snapshot_, index, lock.substr(0, 1), 0xffffffff82000000 + index * 16);
    }
    return lockdep.classes[lockdep.position.at(index)];
  }

  static uint64_t address_of(const std::string& lock) {
    return 0xffff888100000000 + static_cast<uint64_t>(lock[0]) * 4096 +
           (lock.size() > 1 ? static_cast<uint64_t>(lock[1]) * 64 : 0);
  }

  unsigned irq_context() const { return (in_hardirq_ ? 2U : 0U) + (in_softirq_ ? 1U : 0U); }

  void take(model::LockClass& lock_class, model::HeldLock held) {
    const unsigned reader = held.read != 0 ? 1 : 0;
    if (in_hardirq_) mark(lock_class, kInHardirq + reader, trace_);
    if (in_softirq_) mark(lock_class, kInSoftirq + reader, trace_);
    if (hardirqs_on_) mark(lock_class, kHardirqOn + reader, trace_);
    if (hardirqs_on_ && softirqs_on_) mark(lock_class, kSoftirqOn + reader, trace_);
    held.class_index = static_cast<int>(lock_class.index);
    held.irq_context = irq_context();
    held.acquired_at.function = "take_" + lock_class.raw_name;
    const Recursion recursion = held.trylock ? Recursion::none : recursion_of(held);
    if (recursion == Recursion::deadlock) {
      task_.one_past_top = held;  // prev_chain_key and curr_chain_key are both 0
      stopped_ = true;
      return;
    }
    if (recursion == Recursion::none && !held.trylock) add_orders(held);
    task_.held_locks.push_back(held);
  }

  enum class Recursion : uint8_t { none, nested, deadlock };

  // check_deadlock(): a nest_lock counts when it was taken before the other lock of the class.
  Recursion recursion_of(const model::HeldLock& wanted) const {
    bool nested = false;
    for (const model::HeldLock& before : task_.held_locks) {
      nested = nested || (wanted.nest_lock != 0 && before.address == wanted.nest_lock);
      if (before.class_index != wanted.class_index) continue;
      if (wanted.read == 2 && before.read != 0) continue;
      return nested ? Recursion::nested : Recursion::deadlock;
    }
    return Recursion::none;
  }

  // check_prevs_add(): back to the first lock that was not merely tried for.
  void add_orders(const model::HeldLock& wanted) {
    const bool strong_paths = snapshot_.lockdep.features.strong_paths;
    for (auto it = task_.held_locks.rbegin(); it != task_.held_locks.rend(); ++it) {
      if (it->irq_context != wanted.irq_context) return;
      if (strong_paths || (it->read != 2 && wanted.read != 2)) {
        add_order(snapshot_, static_cast<unsigned>(it->class_index),
                  static_cast<unsigned>(wanted.class_index), order_kind(it->read, wanted.read),
                  trace_);
      }
      if (!it->trylock) return;
    }
  }

  void release(const std::string& lock) {
    const auto it =
        std::ranges::find(task_.held_locks, address_of(lock), &model::HeldLock::address);
    if (it != task_.held_locks.end()) task_.held_locks.erase(it);
  }

  // mark_held_locks(): what is held when interrupts come on is held with them on.
  void mark_held(unsigned bit) {
    for (const model::HeldLock& held : task_.held_locks) {
      auto& lockdep = snapshot_.lockdep;
      const auto place = lockdep.position.at(static_cast<unsigned>(held.class_index));
      mark(lockdep.classes[place], bit + (held.read != 0 ? 1 : 0), trace_);
    }
  }

  void enable_hardirqs() {
    hardirqs_on_ = true;
    mark_held(kHardirqOn);
    if (softirqs_on_) mark_held(kSoftirqOn);
  }

  void enable_softirqs() {
    softirqs_on_ = true;
    if (hardirqs_on_) mark_held(kSoftirqOn);
  }

  model::Snapshot snapshot_;
  model::Task task_;
  int trace_ = add_trace(snapshot_, {"_raw_spin_lock", "worker_fn"});
  bool hardirqs_on_ = true;
  bool softirqs_on_ = true;
  bool in_hardirq_ = false;
  bool in_softirq_ = false;
  bool stopped_ = false;
};

}  // namespace kmortem::checks::testing
