// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/registry.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "checks/consequences.h"
#include "checks/rules.h"
#include "checks/splat_rules.h"

namespace kmortem::checks {

namespace {

// What breaks a machine first, what confuses a report after it, what lockdep says of itself last.
constexpr std::array<Rule, 20> kRules = {{
    {"irq-self-deadlock", "a CPU waits in an interrupt for a lock that the interrupted code holds",
     check_irq_self_deadlock},
    {"deadlock-cycle", "tasks and CPUs wait for each other, across lock types",
     check_deadlock_cycle},
    {"held-while-sleeping", "a spinlock's owner is not running", check_held_while_sleeping},
    {"freed-lock", "a lock that is held or waited for lies in freed memory", check_freed_lock},
    {"lock-leak", "a task in user mode, or dead, holds locks", check_lock_leak},
    {"lock-stall", "tasks queue behind one owner that makes no progress", check_lock_stall},
    {"hard-lockup", "a CPU takes no interrupts", check_hard_lockup},
    {"soft-lockup", "a CPU runs kernel code and nothing else", check_soft_lockup},
    {"rcu-stall", "a grace period waits for a CPU or a reader too long", check_rcu_stall},
    {"hung-task", "a task is in uninterruptible sleep for too long", check_hung_task},
    {"irq-inconsistent",
     "one lock class is used both in an interrupt and with that interrupt enabled",
     check_irq_inconsistent},
    {"recursive-lock", "a lock class is taken under itself", check_recursive_lock},
    {"lock-order-cycle", "locks are taken in orders that contradict each other",
     check_lock_order_cycle},
    {"irq-inversion", "a lock taken in an interrupt leads to one taken with that interrupt on",
     check_irq_inversion},
    {"wait-context", "a lock that may sleep is taken where only spinning is allowed",
     check_wait_context},
    {"corrupt-lock", "a lock's owner, a held lock or lockdep's graph does not add up",
     check_corrupt_lock},
    {"softirq-hook", "a softirq is pending without an action, or its action is not kernel code",
     check_softirq_hook},
    {"shared-lock-key", "one lock_class_key serves locks of different names",
     check_shared_lock_key},
    {"class-cache-alias", "lockdep takes a lock for one of another name or wait type",
     check_class_cache_alias},
    {"lockdep-off", "lockdep had stopped: since when, why, and what that makes stale",
     check_lockdep_off},
}};

bool wanted(const Rule& rule, const std::vector<std::string>& only) {
  return only.empty() || std::find(only.begin(), only.end(), rule.name) != only.end();
}

}  // namespace

std::span<const Rule> rules() {
  return kRules;
}

const Rule* find_rule(std::string_view name) {
  const auto it = std::find_if(kRules.begin(), kRules.end(),
                               [&](const Rule& rule) { return rule.name == name; });
  return it == kRules.end() ? nullptr : &*it;
}

std::vector<model::Finding> run_checks(const model::Snapshot& snapshot,
                                       const std::vector<std::string>& only) {
  std::vector<model::Finding> findings;
  for (const Rule& rule : kRules) {
    if (!wanted(rule, only)) continue;
    std::vector<model::Finding> found = rule.check(snapshot);
    std::move(found.begin(), found.end(), std::back_inserter(findings));
  }
  if (only.empty()) add_splats(snapshot, findings);
  std::stable_sort(
      findings.begin(), findings.end(),
      [](const model::Finding& a, const model::Finding& b) { return a.severity < b.severity; });
  link_consequences(findings);
  return findings;
}

}  // namespace kmortem::checks
