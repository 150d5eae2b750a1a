// SPDX-License-Identifier: GPL-3.0-or-later
// corrupt-lock: what no order of the kernel's own stores can leave behind. A CPU may be stopped
// anywhere in spin_lock() and spin_unlock(), and freed memory keeps old locks: neither may fire.
#include <fmt/core.h>

#include <algorithm>
#include <unordered_set>

#include "base/hex.h"
#include "checks/lockdep_consistency.h"
#include "checks/rules.h"
#include "checks/wording.h"

namespace kmortem::checks {

namespace {

using model::HeldLock;
using model::SpinlockInstance;
using model::Task;

constexpr size_t kLinesShown = 12;

std::unordered_set<uint64_t> held_maps(const model::Snapshot& snapshot) {
  std::unordered_set<uint64_t> held;
  for (const Task& task : snapshot.tasks) {
    for (const HeldLock& lock : task.held_locks) held.insert(lock.address);
  }
  return held;
}

// A slab's free list overwrites a word of a freed object: only a global lock, or one that a task
// holds, is surely alive.
bool surely_alive(const SpinlockInstance& lock, const std::unordered_set<uint64_t>& held) {
  return !lock.symbol.empty() || (lock.map != 0 && held.contains(lock.map));
}

// debug_spin_lock_after() stores owner_cpu, then owner, once the lock is taken; debug_spin_unlock()
// clears owner, then owner_cpu, before it is let go. So a lock that is free in its own word has no
// owner, whereas one that is taken may have one, half of one or none.
std::string spinlock_fault(const model::Snapshot& snapshot, const SpinlockInstance& lock) {
  if (lock.value == 0 && lock.owner != 0) {
    return fmt::format("it is free (value 0), but its owner is still {}", hex_address(lock.owner));
  }
  if (lock.value == 0 && lock.owner_cpu != -1) {
    return fmt::format("it is free (value 0), but its owner_cpu is still {}", lock.owner_cpu);
  }
  const uint64_t cpus = snapshot.kernel.possible_cpus;
  const bool no_such_cpu =
      lock.owner_cpu < -1 || (cpus != 0 && lock.owner_cpu >= 0 && uint64_t(lock.owner_cpu) >= cpus);
  if (no_such_cpu) {
    return fmt::format("its owner_cpu is {}, and this machine has {} CPUs", lock.owner_cpu, cpus);
  }
  // task_struct is word-aligned and in the kernel's half of the address space.
  const bool no_pointer = lock.owner != 0 && ((lock.owner & 7) != 0 || (lock.owner >> 63) == 0);
  if (no_pointer) {
    return fmt::format("its owner is {}, which is no task", hex_address(lock.owner));
  }
  return {};
}

// That something does not add up is a fact; that it did not in the machine is not: a damaged dump
// looks just like a damaged kernel.
constexpr model::Grade kDoubt = model::Grade::inferred;

model::Finding spinlock_finding(const SpinlockInstance& lock, const std::string& fault) {
  const std::string name = lock.name.empty() ? "a spinlock" : lock.name.str();
  model::Finding finding;
  finding.rule = "corrupt-lock";
  finding.grade = kDoubt;
  finding.title = fmt::format("{} has an owner that cannot be: {}.", name, fault);
  finding.explanation =
      "A spinlock's owner fields are set after it is taken and cleared before it is let go, so "
      "they and the lock's own word can only disagree in ways that this one does not. Either "
      "somebody wrote over the lock (an overrun, a use after free), or it was initialised again "
      "while it was held.";
  finding.remedy =
      "find who writes there: KASAN in a test kernel; look for spin_lock_init() on a live object";
  finding.locks.push_back({name, lock.address, "spinlock", "", lock.symbol});
  finding.evidence.push_back(
      {fmt::format("raw_spinlock_t {}: value = {}, owner_cpu = {}, owner = {}",
                   hex_address(lock.address), hex_short(lock.value), lock.owner_cpu,
                   lock.owner == 0 ? "none" : hex_address(lock.owner)),
       lock.address,
       {}});
  finding.signature = signature(finding.rule, {"owner", lock.name});
  return finding;
}

void check_spinlocks(const model::Snapshot& snapshot, std::vector<model::Finding>& findings) {
  const std::unordered_set<uint64_t> held = held_maps(snapshot);
  for (const SpinlockInstance& lock : snapshot.scan.spinlocks) {
    if (!surely_alive(lock, held)) continue;
    const std::string fault = spinlock_fault(snapshot, lock);
    if (!fault.empty()) findings.push_back(spinlock_finding(lock, fault));
  }
}

// A CPU that was stopped inside lockdep may be rewriting its own held_locks.
bool is_in_lockdep(const Task& task) {
  return task.on_cpu && task.lockdep_recursion != 0;
}

model::Finding held_finding(const Task& task, size_t slot) {
  const HeldLock& lock = task.held_locks[slot];
  model::Finding finding;
  finding.rule = "corrupt-lock";
  finding.grade = kDoubt;
  finding.severity = model::Severity::warning;
  finding.title = fmt::format("{} [{}] holds a lock whose class does not exist (held_locks[{}]).",
                              task.comm, task.pid, slot);
  finding.explanation =
      "A held lock names its class by index, and nothing is registered there. The class went away "
      "while the lock was held: a module was unloaded, or the object that contains its key was "
      "freed, with the lock still taken; or held_locks was overwritten.";
  finding.remedy = "look at who took the lock, and what freed the memory of its key since";
  finding.locks.push_back({"", lock.address, "lockdep_map", "", ""});
  finding.tasks.push_back({task.pid, task.comm, task.cpu, task.address, model::Role::owner});
  model::Evidence evidence;
  evidence.text = fmt::format("held_locks[{}] of task {}: lockdep_map {}, acquired at", slot,
                              hex_address(task.address), hex_address(lock.address));
  evidence.address = lock.address;
  evidence.stack.push_back(lock.acquired_at);
  finding.evidence.push_back(std::move(evidence));
  finding.signature = signature(finding.rule, {"held-class", function_key(lock.acquired_at)});
  return finding;
}

void check_held_locks(const model::Snapshot& snapshot, std::vector<model::Finding>& findings) {
  // Classes that could not be read look like classes that do not exist. And once lockdep has
  // stopped held_locks stay as they are, whereas classes still go away with their keys.
  const model::Lockdep& lockdep = snapshot.lockdep;
  if (!lockdep.present || !lockdep.enabled || !lockdep.read_completely) return;
  for (const Task& task : snapshot.tasks) {
    if (!task.lockdep_known || is_in_lockdep(task)) continue;
    for (size_t slot = 0; slot < task.held_locks.size(); ++slot) {
      if (lockdep.find(task.held_locks[slot].class_index) != nullptr) continue;
      findings.push_back(held_finding(task, slot));
    }
  }
}

void check_tables(const model::Snapshot& snapshot, std::vector<model::Finding>& findings) {
  if (!snapshot.lockdep.read_completely) return;
  std::vector<std::string> lines = snapshot.lockdep.inconsistencies;
  for (std::string& line : lockdep_inconsistencies(snapshot)) lines.push_back(std::move(line));
  if (lines.empty()) return;
  model::Finding finding;
  finding.rule = "corrupt-lock";
  finding.grade = kDoubt;
  finding.severity = model::Severity::warning;
  finding.title = fmt::format("lockdep's tables contradict each other in {} {}.", lines.size(),
                              lines.size() == 1 ? "place" : "places");
  finding.explanation =
      "The tables are written under one lock and describe the same graph from both ends. Where "
      "they disagree, memory was overwritten, or a CPU was stopped in the middle of an update. "
      "What is said about the lock order may be incomplete.";
  finding.remedy = "if it happens again at another place, look for memory corruption (KASAN)";
  for (size_t i = 0; i < lines.size() && i < kLinesShown; ++i) {
    finding.evidence.push_back({lines[i], std::nullopt, {}});
  }
  if (lines.size() > kLinesShown) {
    finding.evidence.push_back(
        {fmt::format("and {} more", lines.size() - kLinesShown), std::nullopt, {}});
  }
  finding.signature = signature(finding.rule, {"lockdep-tables"});
  findings.push_back(std::move(finding));
}

}  // namespace

std::vector<model::Finding> check_corrupt_lock(const model::Snapshot& snapshot) {
  std::vector<model::Finding> findings;
  check_spinlocks(snapshot, findings);
  check_held_locks(snapshot, findings);
  check_tables(snapshot, findings);
  return findings;
}

}  // namespace kmortem::checks
