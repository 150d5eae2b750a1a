// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "model/report.h"

namespace kmortem::checks {

// One function a rule, each in the file of its name; docs/rules/ says what each means. All are
// pure: the same Snapshot gives the same findings, and nothing is read but the Snapshot.
std::vector<model::Finding> check_class_cache_alias(const model::Snapshot& snapshot);
std::vector<model::Finding> check_corrupt_lock(const model::Snapshot& snapshot);
std::vector<model::Finding> check_deadlock_cycle(const model::Snapshot& snapshot);
std::vector<model::Finding> check_freed_lock(const model::Snapshot& snapshot);
std::vector<model::Finding> check_hard_lockup(const model::Snapshot& snapshot);
std::vector<model::Finding> check_held_while_sleeping(const model::Snapshot& snapshot);
std::vector<model::Finding> check_hung_task(const model::Snapshot& snapshot);
std::vector<model::Finding> check_irq_inconsistent(const model::Snapshot& snapshot);
std::vector<model::Finding> check_irq_inversion(const model::Snapshot& snapshot);
std::vector<model::Finding> check_irq_self_deadlock(const model::Snapshot& snapshot);
std::vector<model::Finding> check_lock_leak(const model::Snapshot& snapshot);
std::vector<model::Finding> check_lock_order_cycle(const model::Snapshot& snapshot);
std::vector<model::Finding> check_lock_stall(const model::Snapshot& snapshot);
std::vector<model::Finding> check_lockdep_off(const model::Snapshot& snapshot);
std::vector<model::Finding> check_rcu_stall(const model::Snapshot& snapshot);
std::vector<model::Finding> check_recursive_lock(const model::Snapshot& snapshot);
std::vector<model::Finding> check_shared_lock_key(const model::Snapshot& snapshot);
std::vector<model::Finding> check_soft_lockup(const model::Snapshot& snapshot);
std::vector<model::Finding> check_softirq_hook(const model::Snapshot& snapshot);
std::vector<model::Finding> check_wait_context(const model::Snapshot& snapshot);

}  // namespace kmortem::checks
