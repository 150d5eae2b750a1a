// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/second_reading.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "checks/consequences.h"
#include "checks/lock_parties.h"
#include "checks/registry.h"

namespace kmortem::checks {

namespace {

using model::Finding;
using model::Grade;
using model::LockParty;
using model::LockState;
using model::Role;
using model::Snapshot;
using model::Task;

using Parties = std::vector<LockParty> LockState::*;  ///< owners or waiters

// Rules about what was recorded once and stays, by lockdep's tables, keys or the log: a task that
// did it may do what it likes since. What it waits for now is of the moment even here (an order
// that a waiting task adds to the recorded ones).
constexpr std::array<std::string_view, 8> kOfTheRecord = {
    "irq-inconsistent", "recursive-lock",  "lock-order-cycle",  "irq-inversion",
    "wait-context",     "shared-lock-key", "class-cache-alias", "lockdep-off"};

enum class Motion : uint8_t { still, on_cpu, moved };

// exec_start is set when a task goes on a CPU, so it also tells of one that has not left it yet.
// Of a task on a CPU nothing tells whether it goes round in a circle, only that none other ran.
Motion motion(const Task* before, const Task* after) {
  if (before == nullptr || after == nullptr) return Motion::moved;
  if (before->pid != after->pid || before->switches != after->switches) return Motion::moved;
  if (before->on_cpu != after->on_cpu) return Motion::moved;
  if (before->on_cpu) return Motion::on_cpu;
  return before->last_ran_ns == after->last_ran_ns ? Motion::still : Motion::moved;
}

class SecondReading {
 public:
  SecondReading(const Snapshot& first, const Snapshot& second) : first_(first), second_(second) {}

  Motion motion_of(uint64_t task) const {
    return motion(first_.task_at(task), second_.task_at(task));
  }

  bool has(const LockParty& party, uint64_t lock, Parties parties) const {
    const auto same = [&](const LockParty& other) {
      return other.task == party.task && other.shared == party.shared;
    };
    return std::ranges::any_of(second_.locks, [&](const LockState& state) {
      return state.address == lock && std::ranges::any_of(state.*parties, same);
    });
  }

 private:
  const Snapshot& first_;
  const Snapshot& second_;
};

bool is_of_the_record(const Finding& finding) {
  return std::ranges::find(kOfTheRecord, finding.rule) != kOfTheRecord.end();
}

// A report in the log is a finding under the name of what it reports, or of "splat".
bool lasts(const Finding& finding, const Finding& later) {
  if (finding.rule != later.rule || finding.signature != later.signature) return false;
  if (is_of_the_record(finding)) return true;
  const auto has_lock = [&](const model::LockRef& lock) {
    return std::ranges::any_of(later.locks, [&](const model::LockRef& other) {
      return other.address == lock.address && other.name == lock.name;
    });
  };
  return std::ranges::all_of(finding.locks, has_lock);
}

bool names(const Finding& finding, const model::TaskRef& task) {
  return std::ranges::any_of(finding.tasks, [&](const model::TaskRef& other) {
    return other.address == task.address && other.role == task.role && other.pid == task.pid;
  });
}

// What contradicts itself because it was read while it changed, does so in another way the next
// time; damage stays as it is.
bool same_words(const Finding& finding, const Finding& later) {
  return std::ranges::equal(finding.evidence, later.evidence, {}, &model::Evidence::text,
                            &model::Evidence::text);
}

/// What the second reading leaves of one finding of the first.
class Trial {
 public:
  Trial(const SecondReading& reading, const Finding& finding) : reading_(reading) {
    const bool recorded = is_of_the_record(finding);
    for (const model::TaskRef& task : finding.tasks) {
      if (!recorded || task.role == Role::waiter) judge(task);
    }
  }

  bool stands() const { return !waiter_moved_ && (!owner_moved_ || waiter_stood_); }
  bool doubtful() const { return doubtful_; }

 private:
  void judge(const model::TaskRef& task) {
    const Motion motion = reading_.motion_of(task.address);
    const bool waiter = task.role == Role::waiter;
    doubtful_ |= motion != Motion::still;
    waiter_stood_ |= waiter && motion != Motion::moved;
    waiter_moved_ |= waiter && motion == Motion::moved;
    owner_moved_ |= !waiter && motion == Motion::moved;
  }

  const SecondReading& reading_;
  bool doubtful_ = false;
  bool waiter_stood_ = false;
  bool waiter_moved_ = false;
  bool owner_moved_ = false;
};

bool confirms(const Finding& finding, const Finding& later) {
  if (!lasts(finding, later)) return false;
  if (is_of_the_record(finding)) return true;
  if (finding.rule == "corrupt-lock" && !same_words(finding, later)) return false;
  return std::ranges::all_of(finding.tasks,
                             [&](const model::TaskRef& task) { return names(later, task); });
}

template <class Doubtful>
void doubt(Snapshot& snapshot, const Doubtful& doubtful) {
  for (LockState& lock : snapshot.locks) {
    for (const Parties parties : {&LockState::owners, &LockState::waiters}) {
      for (LockParty& party : lock.*parties) {
        if (doubtful(party, lock, parties)) party.grade = weaker(party.grade, Grade::inferred);
      }
    }
  }
}

}  // namespace

void doubt_what_moved(Snapshot& first, const Snapshot& second) {
  const SecondReading reading(first, second);
  doubt(first, [&](const LockParty& party, const LockState& lock, Parties parties) {
    return party.task == 0 || reading.motion_of(party.task) != Motion::still ||
           !reading.has(party, lock.address, parties);
  });
}

void doubt_all(Snapshot& snapshot) {
  doubt(snapshot, [](const LockParty&, const LockState&, Parties) { return true; });
}

std::vector<Finding> lasting_findings(const Snapshot& first, const Snapshot& second,
                                      const std::vector<std::string>& only) {
  const SecondReading reading(first, second);
  const std::vector<Finding> later = run_checks(second, only);
  std::vector<Finding> kept;
  for (Finding& finding : run_checks(first, only)) {
    const Trial trial(reading, finding);
    const bool again =
        std::ranges::any_of(later, [&](const Finding& other) { return confirms(finding, other); });
    if (!again || !trial.stands()) continue;
    if (trial.doubtful()) finding.grade = weaker(finding.grade, Grade::inferred);
    kept.push_back(std::move(finding));
  }
  // Their indices are those of the whole list.
  link_consequences(kept);
  return kept;
}

std::vector<Finding> doubtful_findings(const Snapshot& snapshot,
                                       const std::vector<std::string>& only) {
  std::vector<Finding> findings = run_checks(snapshot, only);
  for (Finding& finding : findings) {
    if (!is_of_the_record(finding)) finding.grade = weaker(finding.grade, Grade::inferred);
  }
  return findings;
}

}  // namespace kmortem::checks
