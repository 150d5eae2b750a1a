// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/frame.h"

namespace kmortem::model {

/// What a report of the kernel in its log is about. splat_type_name() says each as JSON has it.
enum class SplatType : uint8_t {
  circular,                  ///< possible circular locking dependency
  recursive,                 ///< possible recursive locking
  inconsistent_state,        ///< inconsistent {…} -> {…} usage
  irq_safe_unsafe,           ///< …-safe -> …-unsafe lock order
  irq_inversion,             ///< possible irq lock inversion dependency
  invalid_wait_context,      ///< a sleeping lock where only spinning ones may be
  lock_held_freed,           ///< held lock freed
  lock_held_returning_user,  ///< lock held when returning to user space
  lock_held_exit,            ///< a task ends, or is suspended, with locks held
  bad_unlock_balance,        ///< a lock released that nobody holds
  bad_contention,            ///< a lock contended that nobody holds
  suspicious_rcu,            ///< RCU protected data used outside of a reader
  non_static_key,            ///< trying to register a non-static key
  max_lockdep,               ///< one of lockdep's tables is full, or it walked too far
  lockdep_internal,          ///< lockdep's own tables do not add up
  deadlock_other,        ///< nested lock not taken, spinlock and rwlock recursion, mutex deadlock
  spinlock_bad_magic,    ///< a spinlock or rwlock that is none
  spinlock_lockup,       ///< a spinlock not to be had for too long
  spinlock_wrong_owner,  ///< released by another task or CPU, or not held at all
  sleeping_atomic,       ///< sleeping function called from invalid context
  scheduling_atomic,     ///< scheduling while atomic
  soft_lockup,
  hard_lockup,
  rcu_stall,
  hung_task,
};

/// "circular", "irq-safe-unsafe", …: the names of the JSON contract.
std::string_view splat_type_name(SplatType type);

/// True for what lockdep prints of locks that somebody takes, holds or releases (print_*() in
/// kernel/locking/lockdep.c); it lists the locks held. Not for what says that lockdep cannot go on.
bool is_lockdep_report(SplatType type);

/// What a lock is to the report that names it.
enum class SplatRole : uint8_t {
  acquiring,  ///< what the task was about to take, or whose state it changed
  holding,    ///< what the report names as held already, beside the list of held locks
  held,       ///< "#0: …" in the list of held locks
  chain,      ///< an element of the dependency chain
  other,      ///< named elsewhere: the other lock of an inversion, a spinlock's address
};
std::string_view splat_role_name(SplatRole role);

/// A task as the report names it.
struct SplatTask {
  std::string comm;
  int pid = -1;         ///< -1: the report gives the name alone
  std::string printed;  ///< "swapper/1/0", "cc1:37564"
};

/// A lock as one line of the report names it.
struct SplatLock {
  std::string name;      ///< "&rq->__lock", "&x->lock#2/1"; the address as printed where no name is
  uint64_t address = 0;  ///< of the lockdep_map or spinlock as printed, perhaps hashed; 0: none
  std::string usage;     ///< "+.?.": the letters between the braces; empty when not printed
  std::string wait;      ///< "2:2": wait types, inner and outer of the class; since 5.8
  SplatRole role = SplatRole::other;
  int depth = -1;       ///< in the held list or the chain: the number behind '#'; else -1
  Frame at;             ///< where it is, or was, acquired: what stands behind "at:"
  Stack stack;          ///< of a chain's element: how it was taken below the one before
  std::string held_by;  ///< of a held lock: the task's `printed`
  size_t line = 0;      ///< line of the text that names it, from 1
};

/// A stack that the report prints, beside those of the chain.
struct SplatStack {
  std::string about;  ///< the line above it, trimmed: "{SOFTIRQ-ON-W} state was registered at:"
  Stack stack;
};

/// What the tables of the dump say about the same thing.
enum class SplatMatch : uint8_t {
  not_compared,  ///< a log alone, or a kind of report that no table speaks of
  confirmed,     ///< the tables show the same classes in the same state
  contradicted,  ///< the tables are there and show something else
  only_in_log,   ///< the tables do not hold enough to say
};
std::string_view splat_match_name(SplatMatch match);

/// One report of the kernel: a splat. Everything as the log has it; what is missing is empty.
struct Splat {
  SplatType type = SplatType::circular;
  std::string title;                ///< "WARNING: inconsistent lock state", without prefix
  std::string kernel;               ///< release as printed: "6.1.0-13-amd64"; empty when not there
  std::optional<uint64_t> time_ns;  ///< since boot, of the title; nothing when not printed
  int cpu = -1;                     ///< that reported; of a lockup: that is locked up
  std::string tainted;  ///< "G W O": letters only; empty when not tainted or not printed
  std::vector<SplatTask> tasks;
  std::vector<SplatLock> locks;       ///< in order of appearance, one for each line that names one
  std::vector<std::string> names;     ///< every lock named anywhere, each once, in that order
  std::string usage_from;             ///< "SOFTIRQ-ON-W", "HARDIRQ-safe"; empty when none is named
  std::string usage_to;               ///< "IN-SOFTIRQ-W", "HARDIRQ-unsafe"; empty in an inversion
  std::string context;                ///< "HC0[0]:SC1[1]:HE1:SE0" or "5:5"; empty when not printed
  std::vector<std::string> scenario;  ///< the CPU0/CPU1 table, line by line, without its heading
  std::vector<SplatStack> stacks;     ///< the last is the reporter's own
  size_t first_line = 0;              ///< lines of the text, from 1
  size_t last_line = 0;
  bool complete = true;  ///< false: a part of it is lost or cut off
  SplatMatch matched = SplatMatch::not_compared;
  std::string matched_by;  ///< what in the tables agrees or differs, in words

  /// "SOFTIRQ-ON-W -> IN-SOFTIRQ-W", "HARDIRQ-unsafe" or "".
  std::string usage() const;
  /// The first lock with that role, or null.
  const SplatLock* lock(SplatRole role) const;
  /// The elements of the dependency chain, in the order printed (the last link first).
  std::vector<const SplatLock*> chain() const;
};

}  // namespace kmortem::model
