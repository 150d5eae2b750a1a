// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/lockdep_consistency.h"

#include <fmt/core.h>

#include <optional>
#include <unordered_map>

#include "base/hex.h"
#include "checks/chain_keys.h"
#include "checks/lock_parties.h"

namespace kmortem::checks {

namespace {

using model::Lockdep;
using model::Task;

// chain_hlocks since 5.10: class_idx in the lower 13 bits, `read` above.
constexpr unsigned kClassBits = 13;

/// The first of one kind of faults, and how many there are.
struct Faults {
  std::string first;
  uint64_t count = 0;

  void add(std::string text) {
    if (count++ == 0) first = std::move(text);
  }

  void report(bool enabled, std::vector<std::string>* lines) const {
    if (count == 0 || (count == 1 && enabled)) return;
    lines->push_back(count == 1 ? first : fmt::format("{} ({} alike)", first, count));
  }
};

Faults chain_faults(const Lockdep& lockdep, const ChainKeys& keys) {
  Faults faults;
  for (const model::LockChain& chain : lockdep.chains) {
    if (chain.hlocks.empty() || keys.of_sequence(chain.hlocks) == chain.chain_key) continue;
    faults.add(fmt::format("lock_chains[{}].chain_key is {}, but its {} locks give {}", chain.index,
                           hex_address(chain.chain_key), chain.hlocks.size(),
                           hex_address(keys.of_sequence(chain.hlocks))));
  }
  return faults;
}

// As check_chain_key() goes through held_locks: the key begins anew where an interrupt begins.
std::optional<std::string> held_fault(const Lockdep& lockdep, const ChainKeys& keys,
                                      const Task& task) {
  uint64_t key = keys.initial();
  for (size_t i = 0; i < task.held_locks.size(); ++i) {
    const model::HeldLock& held = task.held_locks[i];
    if (held.class_index < 0) return std::nullopt;  // a finding of its own
    if (held.prev_chain_key != key) {
      return fmt::format(
          "held_locks[{}].prev_chain_key of {} is {}, but what it holds before gives {}", i,
          task_label(task), hex_address(held.prev_chain_key), hex_address(key));
    }
    const bool anew = i > 0 && task.held_locks[i - 1].irq_context != held.irq_context;
    const unsigned read = lockdep.features.hlock_id_in_chains ? held.read << kClassBits : 0;
    key = keys.next(anew ? keys.initial() : key, static_cast<unsigned>(held.class_index) | read);
  }
  if (task.curr_chain_key == key) return std::nullopt;
  return fmt::format("curr_chain_key of {} is {}, but its {} held locks give {}", task_label(task),
                     hex_address(task.curr_chain_key), task.held_locks.size(), hex_address(key));
}

Faults task_faults(const model::Snapshot& snapshot, const ChainKeys& keys) {
  Faults faults;
  for (const Task& task : snapshot.tasks) {
    // A CPU that was stopped inside lockdep is changing them; a task without any may never have
    // been through lockdep at all.
    const bool changing = task.on_cpu && snapshot.lockdep.enabled;
    if (!task.lockdep_known || changing || task.held_locks.empty()) continue;
    if (auto fault = held_fault(snapshot.lockdep, keys, task)) faults.add(std::move(*fault));
  }
  return faults;
}

uint64_t pair(int from, int to) {
  return uint64_t{static_cast<uint32_t>(from)} << 32 | static_cast<uint32_t>(to);
}

// In locks_before the roles are swapped, and with them the bits ER and SN.
unsigned swapped(unsigned dep) {
  return (dep & 9) | (dep & 2) << 1 | (dep & 4) >> 1;
}

std::string name_of(const Lockdep& lockdep, int index) {
  const model::LockClass* lock_class = lockdep.find(index);
  return lock_class == nullptr ? fmt::format("class {}", index) : lock_class->name;
}

// One list's dependencies by the pair that they connect, with the bits as locks_after has them.
using Orders = std::unordered_map<uint64_t, unsigned>;

Orders orders(const Lockdep& lockdep, bool after) {
  Orders found;
  for (const model::LockClass& lock_class : lockdep.classes) {
    for (const unsigned index : after ? lock_class.locks_after : lock_class.locks_before) {
      if (index >= lockdep.dependencies.size()) continue;
      const model::Dependency& each = lockdep.dependencies[index];
      if (each.to < 0) continue;
      const uint64_t order = after ? pair(each.from, each.to) : pair(each.to, each.from);
      found[order] = after ? each.dep : swapped(each.dep);
    }
  }
  return found;
}

// What is wrong with a dependency that `list` should have, as `other` has it the other way round.
// Empty when nothing is; of two that differ only the forward side speaks.
std::string list_fault(const Lockdep& lockdep, const model::Dependency& each, bool forward,
                       const Orders& list, const Orders& other) {
  const uint64_t order = forward ? pair(each.from, each.to) : pair(each.to, each.from);
  const auto known = list.find(order);
  if (known == list.end()) return "";
  const auto twin = other.find(order);
  const bool missing = twin == other.end();
  if (!missing && (!forward || twin->second == known->second)) return "";
  return fmt::format("{} of {} has {}, but {} of that {}", forward ? "locks_after" : "locks_before",
                     name_of(lockdep, each.from), name_of(lockdep, each.to),
                     forward ? "locks_before" : "locks_after",
                     missing ? "does not have it" : "says otherwise how it was taken");
}

Faults list_faults(const Lockdep& lockdep) {
  const Orders after = orders(lockdep, true);
  const Orders before = orders(lockdep, false);
  Faults faults;
  // In the order of the table, so that the first is always the same.
  for (const model::Dependency& each : lockdep.dependencies) {
    if (each.to < 0) continue;
    for (const bool forward : {true, false}) {
      const std::string fault =
          list_fault(lockdep, each, forward, forward ? after : before, forward ? before : after);
      if (!fault.empty()) faults.add(fault);
    }
  }
  return faults;
}

}  // namespace

std::vector<std::string> lockdep_inconsistencies(const model::Snapshot& snapshot) {
  const Lockdep& lockdep = snapshot.lockdep;
  std::vector<std::string> lines;
  // What could not be read does not add up.
  if (!lockdep.present || !lockdep.read_completely) return lines;
  list_faults(lockdep).report(lockdep.enabled, &lines);
  const auto keys = ChainKeys::of(lockdep);
  if (!keys) return lines;
  chain_faults(lockdep, *keys).report(lockdep.enabled, &lines);
  task_faults(snapshot, *keys).report(lockdep.enabled, &lines);
  return lines;
}

}  // namespace kmortem::checks
