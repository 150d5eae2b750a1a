// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/refused_acquisition.h"

#include <fmt/core.h>

#include <algorithm>
#include <unordered_map>

#include "base/hex.h"
#include "checks/lock_parties.h"
#include "checks/wording.h"
#include "model/lock_sharing.h"
#include "model/order_graph.h"

namespace kmortem::checks {

namespace {

using model::HeldLock;
using model::LockClass;

// chain_hlocks since 5.10: class_idx in the lower 13 bits, `read` above.
constexpr unsigned kClassBits = 13;
constexpr unsigned kClassMask = (1U << kClassBits) - 1;

// Which dependencies are recorded, and in which ways.
class RecordedOrder {
 public:
  explicit RecordedOrder(const model::Lockdep& lockdep)
      : strong_paths_(lockdep.features.strong_paths) {
    for (const LockClass& lock_class : lockdep.classes) {
      for (const unsigned index : lock_class.locks_after) {
        if (index >= lockdep.dependencies.size()) continue;
        const model::Dependency& entry = lockdep.dependencies[index];
        kinds_[pair(entry.from, entry.to)] |= strong_paths_ ? entry.dep : model::kEveryOrder;
      }
    }
  }

  bool has(int from, int to, unsigned kind) const {
    const auto it = kinds_.find(pair(from, to));
    return it != kinds_.end() && (it->second & kind) != 0;
  }

 private:
  static uint64_t pair(int from, int to) {
    return uint64_t{static_cast<uint32_t>(from)} << 32 | static_cast<uint32_t>(to);
  }

  bool strong_paths_;
  std::unordered_map<uint64_t, unsigned> kinds_;
};

// What lockdep says of a lock that is held, or let go, refuses nothing.
std::vector<LockReport> reports_of_refusals(const model::Snapshot& snapshot) {
  std::vector<LockReport> reports = lock_reports(snapshot.splats, log_lines(snapshot.log));
  std::erase_if(reports, [](const LockReport& each) {
    return each.rule.empty() || each.rule == "lock-leak" || each.rule == "freed-lock";
  });
  return reports;
}

class RefusedFinder {
 public:
  explicit RefusedFinder(const model::Snapshot& snapshot)
      : snapshot_(snapshot),
        lockdep_(snapshot.lockdep),
        recorded_(snapshot.lockdep),
        reports_(reports_of_refusals(snapshot)) {}

  std::vector<RefusedAcquisition> find() {
    for (const model::Task& task : snapshot_.tasks) look_at(task);
    // A list that could not be read looks like a link that was refused.
    if (lockdep_.features.hlock_id_in_chains && lockdep_.read_completely) look_at_chains();
    return std::move(found_);
  }

 private:
  void look_at(const model::Task& task);
  void look_at_chains();
  const LockReport* report_of(const model::Task& task, const LockClass& wanted) const;
  std::vector<HeldBefore> checked_against(const model::Task& task) const;
  bool has_chain(const model::Task& task) const;
  static void add_evidence(const LockReport* report, RefusedAcquisition* refused);
  bool known(int from, int to) const;

  const model::Snapshot& snapshot_;
  const model::Lockdep& lockdep_;
  RecordedOrder recorded_;
  std::vector<LockReport> reports_;
  std::vector<RefusedAcquisition> found_;
};

const LockReport* RefusedFinder::report_of(const model::Task& task, const LockClass& wanted) const {
  const std::string name = fmt::format("{}/{}", task.comm, task.pid);
  const auto it = std::ranges::find_if(reports_, [&](const LockReport& report) {
    return report.taken_by == name && report.lock_name == wanted.name;
  });
  return it == reports_.end() ? nullptr : &*it;
}

// check_deadlock() leaves out every dependency of a lock that is taken under its nest_lock while
// another of its class is held, as wait/wound mutexes are: what no list has was not refused there.
bool nests_in_its_class(const model::Task& task) {
  const HeldLock& slot = *task.one_past_top;
  const auto has = [&](const auto member, const auto value) {
    return std::ranges::find(task.held_locks, value, member) != task.held_locks.end();
  };
  return slot.nest_lock != 0 && has(&HeldLock::address, slot.nest_lock) &&
         has(&HeldLock::class_index, slot.class_index);
}

// As check_prevs_add() walks: back to the first lock that was not merely tried for, not beyond the
// interrupt that began in between. Up to 5.9 recursive readers are passed over.
std::vector<HeldBefore> RefusedFinder::checked_against(const model::Task& task) const {
  std::vector<HeldBefore> before;
  const HeldLock& slot = *task.one_past_top;
  if (slot.trylock || !slot.check || nests_in_its_class(task)) return before;
  unsigned distance = 0;
  for (auto held = task.held_locks.rbegin(); held != task.held_locks.rend(); ++held) {
    ++distance;
    if (held->irq_context != slot.irq_context) break;
    const LockClass* lock_class = lockdep_.find(held->class_index);
    const bool skipped = !held->check || (!lockdep_.features.strong_paths && held->read == 2);
    if (lock_class == nullptr || skipped) continue;
    before.push_back({lock_class, held->read, distance, &*held});
    if (!held->trylock) break;
  }
  return before;
}

// lock_chains[] has the sequence of the held locks and the slot after them.
bool RefusedFinder::has_chain(const model::Task& task) const {
  std::vector<uint16_t> wanted;
  const auto add = [&](const HeldLock& held) {
    const unsigned read = lockdep_.features.hlock_id_in_chains ? held.read << kClassBits : 0;
    wanted.push_back(static_cast<uint16_t>(static_cast<unsigned>(held.class_index) | read));
  };
  for (const HeldLock& held : task.held_locks) {
    if (held.irq_context == task.one_past_top->irq_context) add(held);
  }
  add(*task.one_past_top);
  return std::ranges::any_of(lockdep_.chains,
                             [&](const model::LockChain& chain) { return chain.hlocks == wanted; });
}

std::string slot_text(const model::Task& task, const LockClass& wanted) {
  return fmt::format("held_locks[{}] of {}, one past its last: {} at {}, asked for in {}",
                     task.held_locks.size(), task_label(task), wanted.name,
                     hex_address(task.one_past_top->address),
                     function_label(task.one_past_top->acquired_at));
}

// In a task that reported nothing the slot is what its last release left behind. It tells of a
// refusal only when it was filled under exactly the locks that are held now: prev_chain_key says so
// (__lock_acquire() stores it before validate_chain()), or the clock, where lock statistics keep
// it.
bool filled_last(const model::Task& task) {
  const HeldLock& slot = *task.one_past_top;
  const uint64_t last = task.held_locks.back().stamp;
  return last != 0 && slot.stamp > last;
}

void RefusedFinder::look_at(const model::Task& task) {
  if (!task.lockdep_known || !task.one_past_top) return;
  const HeldLock& slot = *task.one_past_top;
  const LockClass* wanted = lockdep_.find(slot.class_index);
  if (wanted == nullptr) return;
  const LockReport* report = report_of(task, *wanted);
  if (report == nullptr && (task.held_locks.empty() || slot.trylock)) return;
  const bool same_chain = slot.prev_chain_key == task.curr_chain_key;
  RefusedAcquisition refused;
  refused.after_held = !task.held_locks.empty() && (same_chain || filled_last(task));
  if (report == nullptr && !refused.after_held) return;
  refused.task = &task;
  refused.slot = &slot;
  refused.wanted = wanted;
  refused.read = slot.read;
  // Until 5.9 no list has what a recursive reader was asked for under, refused or not.
  const bool never_listed = !lockdep_.features.strong_paths && slot.read == 2;
  if (report != nullptr || !never_listed) refused.before = checked_against(task);
  std::erase_if(refused.before, [&](const HeldBefore& each) {
    return recorded_.has(static_cast<int>(each.lock_class->index), slot.class_index,
                         order_kind(each.read, slot.read));
  });
  refused.in_chains = slot.check && has_chain(task);
  add_evidence(report, &refused);
  found_.push_back(std::move(refused));
}

void RefusedFinder::add_evidence(const LockReport* report, RefusedAcquisition* refused) {
  refused->evidence.push_back(slot_text(*refused->task, *refused->wanted));
  if (refused->in_chains && !refused->before.empty()) {
    refused->evidence.emplace_back(
        "lock_chains[] has this sequence, and no list has its last link: it was refused");
  }
  if (report == nullptr) return;
  refused->report = *report;
  refused->evidence.push_back(quote(report->title));
  refused->evidence.push_back(fmt::format("log, {}: {} asked for {} at {}",
                                          log_time(report->lock.time_ns), report->taken_by,
                                          report->lock_name, report->taken_at));
}

bool RefusedFinder::known(int from, int to) const {
  return std::ranges::any_of(found_, [&](const RefusedAcquisition& each) {
    return static_cast<int>(each.wanted->index) == to &&
           std::ranges::any_of(each.before, [&](const HeldBefore& before) {
             return static_cast<int>(before.lock_class->index) == from;
           });
  });
}

// Whether the class of a chain's last lock stands in it before.
bool comes_twice(const std::vector<uint16_t>& chain) {
  return std::ranges::any_of(chain.begin(), chain.end() - 1, [&](const uint16_t each) {
    return (each & kClassMask) == (chain.back() & kClassMask);
  });
}

// A chain whose last two locks have no dependency: the link was refused, or the earlier lock is
// not checked at all (__lockdep_no_validate__, RCU's maps), which leads to no finding. A class that
// comes twice says nothing: a chain does not tell whether its locks nest, see nests_in_its_class().
void RefusedFinder::look_at_chains() {
  for (const model::LockChain& chain : lockdep_.chains) {
    if (chain.hlocks.size() < 2) continue;
    const unsigned last = chain.hlocks.back();
    const unsigned before = chain.hlocks[chain.hlocks.size() - 2];
    const int from = static_cast<int>(before & kClassMask);
    const int to = static_cast<int>(last & kClassMask);
    const unsigned kind = order_kind(before >> kClassBits & 3, last >> kClassBits & 3);
    if (comes_twice(chain.hlocks) || recorded_.has(from, to, kind) || known(from, to)) continue;
    const LockClass* held = lockdep_.find(from);
    const LockClass* wanted = lockdep_.find(to);
    if (held == nullptr || wanted == nullptr) continue;
    if (model::is_unvalidated_key(held->key_symbol)) continue;
    RefusedAcquisition refused;
    refused.wanted = wanted;
    refused.read = last >> kClassBits & 3;
    refused.before.push_back({held, before >> kClassBits & 3, 1, nullptr});
    refused.in_chains = true;
    refused.evidence.push_back(
        fmt::format("lock_chains[{}] ends in {} -> {}, which is in no list: lockdep began to check "
                    "this order and did not accept it",
                    chain.index, held->name, wanted->name));
    // The task may have ended since; its report still names the lock.
    const auto report = std::ranges::find(reports_, wanted->name, &LockReport::lock_name);
    if (report != reports_.end()) {
      refused.report = *report;
      refused.evidence.push_back(quote(report->title));
    }
    found_.push_back(std::move(refused));
  }
}

}  // namespace

unsigned order_kind(unsigned held_read, unsigned wanted_read) {
  const bool exclusive = held_read == 0;
  const bool waits = wanted_read != 2;
  if (waits) return exclusive ? model::kExclusiveWaiting : model::kSharedWaiting;
  return exclusive ? model::kExclusiveRecursive : model::kSharedRecursive;
}

model::Grade RefusedAcquisition::grade() const {
  const int witnesses = (slot != nullptr ? 1 : 0) + (report ? 1 : 0) + (in_chains ? 1 : 0);
  return witnesses >= 2 ? model::Grade::proven : model::Grade::inferred;
}

std::vector<RefusedAcquisition> refused_acquisitions(const model::Snapshot& snapshot) {
  const model::Lockdep& lockdep = snapshot.lockdep;
  // Without CONFIG_PROVE_LOCKING nothing is checked, and so nothing refused.
  if (!lockdep.features.prove_locking || lockdep.enabled) return {};
  return RefusedFinder(snapshot).find();
}

}  // namespace kmortem::checks
