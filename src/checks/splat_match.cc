// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/splat_match.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <vector>

namespace kmortem::checks {

namespace {

using model::Splat;
using model::SplatMatch;
using model::SplatRole;
using model::SplatType;

const model::LockClass* class_named(const model::Lockdep& lockdep, const std::string& name) {
  for (const model::LockClass& each : lockdep.classes) {
    if (each.name == name) return &each;
  }
  return nullptr;
}

// '.' neither, '-' in the interrupt, '+' with it enabled, '?' both. Usage only grows.
bool covers(char now, char printed) {
  return printed == '.' || now == '?' || now == printed;
}

bool covers(const std::string& now, const std::string& printed) {
  if (now.size() != printed.size()) return true;  // letters of other states: nothing to compare
  for (size_t i = 0; i < now.size(); ++i) {
    if (!covers(now[i], printed[i])) return false;
  }
  return true;
}

bool depends(const model::Lockdep& lockdep, const model::LockClass& from,
             const model::LockClass& to) {
  return std::any_of(from.locks_after.begin(), from.locks_after.end(), [&](unsigned place) {
    return place < lockdep.dependencies.size() &&
           lockdep.dependencies[place].to == static_cast<int>(to.index);
  });
}

void say(Splat& splat, SplatMatch match, std::string words) {
  splat.matched = match;
  splat.matched_by = std::move(words);
}

// "-> #2 (c)", "-> #1 (b)", "-> #0 (a)": a → b → c is recorded, c → a was refused.
bool match_chain(const model::Lockdep& lockdep, Splat& splat) {
  const std::vector<const model::SplatLock*> chain = splat.chain();
  size_t edges = 0;
  for (size_t i = 0; i + 1 < chain.size(); ++i) {
    const model::LockClass* to = class_named(lockdep, chain[i]->name);
    const model::LockClass* from = class_named(lockdep, chain[i + 1]->name);
    if (from == nullptr || to == nullptr) return false;
    if (!depends(lockdep, *from, *to)) {
      say(splat, SplatMatch::contradicted,
          fmt::format("lockdep's lists hold no {} → {}", from->name, to->name));
      return true;
    }
    ++edges;
  }
  if (edges == 0) return false;
  say(splat, SplatMatch::confirmed,
      fmt::format("the {} that the new lock contradicts {} recorded",
                  edges == 1 ? "dependency" : "dependencies", edges == 1 ? "is" : "are"));
  return true;
}

// The letters of every class that the report prints; lockdep has been still since.
void match_classes(const model::Lockdep& lockdep, Splat& splat) {
  size_t compared = 0;
  for (const model::SplatLock& lock : splat.locks) {
    if (lock.usage.empty()) continue;
    const model::LockClass* known = class_named(lockdep, lock.name);
    if (known == nullptr) {
      say(splat, SplatMatch::only_in_log,
          fmt::format("no class {} is in lockdep's tables", lock.name));
      return;
    }
    if (!covers(known->usage, lock.usage)) {
      say(splat, SplatMatch::contradicted,
          fmt::format("{} is {{{}}} in lockdep's tables, {{{}}} in the log", lock.name,
                      known->usage, lock.usage));
      return;
    }
    ++compared;
  }
  if (compared == 0) {
    say(splat, SplatMatch::only_in_log, "the report names no class");
    return;
  }
  if (splat.type == SplatType::circular && match_chain(lockdep, splat)) return;
  say(splat, SplatMatch::confirmed,
      "the classes that it names have the usage that it prints in lockdep's tables");
}

const model::Task* task_of(const model::Snapshot& snapshot, const Splat& splat) {
  if (splat.tasks.empty() || splat.tasks[0].pid <= 0) return nullptr;
  const auto it =
      std::find_if(snapshot.tasks.begin(), snapshot.tasks.end(), [&](const model::Task& task) {
        return task.pid == splat.tasks[0].pid && task.comm == splat.tasks[0].comm;
      });
  return it == snapshot.tasks.end() ? nullptr : &*it;
}

// A stall that is over contradicts nothing: it was, and the dump came later.
void match_stall(const model::Snapshot& snapshot, Splat& splat) {
  const model::Task* task = task_of(snapshot, splat);
  if (task == nullptr) {
    say(splat, SplatMatch::only_in_log, "its task is not among those of the dump");
    return;
  }
  const bool waits = splat.type == SplatType::hung_task;
  const bool still = waits ? task->state == 'D' : task->on_cpu;
  if (still) {
    say(splat, SplatMatch::confirmed,
        fmt::format("{} [{}] {} when the dump was made", task->comm, task->pid,
                    waits ? "was still in uninterruptible sleep" : "was still on a CPU"));
  } else {
    say(splat, SplatMatch::only_in_log,
        fmt::format("{} [{}] had gone on when the dump was made", task->comm, task->pid));
  }
}

}  // namespace

void match_splat(const model::Snapshot& snapshot, Splat& splat) {
  switch (splat.type) {
    case SplatType::soft_lockup:
    case SplatType::hard_lockup:
    case SplatType::rcu_stall:
    case SplatType::hung_task:
    case SplatType::spinlock_lockup:
      if (!snapshot.tasks.empty()) match_stall(snapshot, splat);
      return;
    case SplatType::spinlock_bad_magic:
    case SplatType::spinlock_wrong_owner:
    case SplatType::max_lockdep:
    case SplatType::non_static_key:
    case SplatType::scheduling_atomic:
    case SplatType::sleeping_atomic:
      return;
    default:
      if (snapshot.lockdep.present) match_classes(snapshot.lockdep, splat);
  }
}

void match_splats(model::Snapshot& snapshot) {
  for (Splat& splat : snapshot.splats) match_splat(snapshot, splat);
}

}  // namespace kmortem::checks
