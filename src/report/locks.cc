// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/locks.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/hex.h"
#include "report/grade_text.h"
#include "report/json_locks.h"
#include "report/json_parts.h"
#include "report/layout.h"
#include "report/lock_text.h"
#include "report/printable.h"

namespace kmortem::report {

namespace {

using model::LockParty;
using model::LockState;

class LocksText {
 public:
  LocksText(const model::Snapshot& snapshot, const TextOptions& options)
      : snapshot_(snapshot), options_(options), style_(options.colour) {}

  std::string text() {
    std::string text = summary();
    for (const LockState& lock : snapshot_.locks) {
      if (shown(lock)) text += lock_text(lock);
    }
    return text + by_cpu() + by_task();
  }

  std::string lock_text(const LockState& lock) const {
    std::string text = fmt::format("\n{}   {} {}", style_.bold(lock_label(lock)),
                                   lock_type_text(lock.type), hex_address(lock.address));
    if (!lock.value_text.empty()) text += "   " + lock.value_text;
    text += '\n';
    if (!lock.lock_class.empty() && lock.lock_class != lock.name) {
      text += "  class      " + printable(lock.lock_class) + "\n";
    }
    if (!lock.slab.empty()) text += "  memory     slab " + printable(lock.slab) + "\n";
    if (lock.in_freed_memory)
      text += "  " + style_.red("freed") + "      " + printable(lock.freed_because) + "\n";
    for (const LockParty& owner : lock.owners) text += party_text("owner", owner);
    if (lock.owners.empty()) {
      text += lock.no_owner_kept && lock.locked.value_or(true)
                  ? "  owner      this type of lock does not record it\n"
                  : "";
    }
    for (size_t i = 0; i < lock.waiters.size(); ++i) {
      text += party_text(fmt::format("waiter {}", i + 1), lock.waiters[i]);
    }
    for (const std::string& line : lock.undecided) text += "  undecided  " + printable(line) + "\n";
    return text;
  }

 private:
  /// What is only lockdep's annotation (RCU, work items) has neither queue nor word.
  bool shown(const LockState& lock) const {
    return options_.verbose || lock.type != model::LockType::lockdep_only;
  }

  std::string summary() const {
    const auto waited = std::ranges::count_if(
        snapshot_.locks, [](const LockState& lock) { return !lock.waiters.empty(); });
    const auto held = std::ranges::count_if(
        snapshot_.locks, [](const LockState& lock) { return !lock.owners.empty(); });
    std::string text =
        fmt::format("{} with an owner that is known, {} waited for\n",
                    count_text(static_cast<uint64_t>(held), "lock"), static_cast<uint64_t>(waited));
    if (snapshot_.lockdep.present && !snapshot_.lockdep.enabled) {
      text += "lockdep had stopped: what it had recorded of held locks is old, and marked stale\n";
    }
    return text;
  }

  std::string party_text(const std::string& role, const LockParty& party) const {
    std::string text = "  " + padded(role, 11) + party_name(snapshot_, party);
    if (party.shared) text += ", reading";
    text += fmt::format("   ({}{})", grade_text(party.grade), party.hint ? ", a hint" : "");
    if (role != "owner" && party.waited_ns != 0) text += "   " + duration_text(party.waited_ns);
    text += '\n';
    if (options_.verbose && !party.evidence.empty()) {
      text += std::string(13, ' ') + style_.dim(printable(party.evidence)) + "\n";
    }
    return text;
  }

  template <typename Match>
  std::string names_of(std::vector<LockParty> LockState::* side, Match match) const {
    std::string text;
    for (const LockState& lock : snapshot_.locks) {
      if (!shown(lock) || !std::ranges::any_of(lock.*side, match)) continue;
      if (!text.empty()) text += ", ";
      text += lock_label(lock);
    }
    return text;
  }

  std::string by_cpu() const {
    std::vector<std::vector<std::string>> rows = {{"CPU", "RUNNING", "HOLDS", "SPINS ON"}};
    for (const model::Cpu& cpu : snapshot_.cpus) {
      const auto here = [&](const LockParty& party) {
        return party.cpu == cpu.number && !party.hint;
      };
      const model::Task* task = snapshot_.task_at(cpu.current_task);
      rows.push_back(
          {std::to_string(cpu.number),
           task == nullptr ? "?" : fmt::format("{} [{}]", printable(task->comm), task->pid),
           dash(names_of(&LockState::owners, here)), dash(names_of(&LockState::waiters, here))});
    }
    return rows.size() > 1 ? "\n" + table(rows, {true}) : "";
  }

  std::string by_task() const {
    std::vector<std::vector<std::string>> rows = {{"TASK", "STATE", "HOLDS", "WAITS FOR"}};
    for (const model::Task& task : snapshot_.tasks) {
      const auto own = [&](const LockParty& party) { return party.task == task.address; };
      const std::string holds = names_of(&LockState::owners, own);
      const std::string waits = names_of(&LockState::waiters, own);
      if (holds.empty() && waits.empty()) continue;
      rows.push_back({fmt::format("{} [{}]", printable(task.comm), task.pid),
                      std::string(1, task.state), dash(holds), dash(waits)});
    }
    return rows.size() > 1 ? "\n" + table(rows) : "";
  }

  static std::string dash(const std::string& text) { return text.empty() ? "-" : text; }

  const model::Snapshot& snapshot_;
  const TextOptions& options_;
  Style style_;
};

}  // namespace

std::string locks_by_owner_text(const model::Snapshot& snapshot, const TextOptions& options) {
  return LocksText(snapshot, options).text();
}

std::string lock_state_text(const model::Snapshot& snapshot, const LockState& lock,
                            const TextOptions& options) {
  return LocksText(snapshot, options).lock_text(lock);
}

std::string locks_by_owner_json(const model::Snapshot& snapshot) {
  Json cpus = Json::array();
  for (const model::Cpu& cpu : snapshot.cpus) {
    cpus.push_back({{"cpu", cpu.number},
                    {"spinlocks_held", json_spinlocks_held(snapshot, cpu.number)},
                    {"spinning_on", json_spinning_on(snapshot, cpu.number)}});
  }
  const HeldNames names = held_names(snapshot);
  Json tasks = Json::array();
  for (const model::Task& task : snapshot.tasks) {
    if (task.held_locks.empty()) continue;
    Json held = Json::array();
    for (const model::HeldLock& lock : task.held_locks) {
      held.push_back(json_held_lock(snapshot, names, lock));
    }
    tasks.push_back({{"pid", task.pid},
                     {"comm", task.comm},
                     {"address", json_address(task.address)},
                     {"state", std::string(1, task.state)},
                     {"held_locks", std::move(held)}});
  }
  return json_dumped({{"schema", "kmortem-locks/1"},
                      {"lockdep_enabled", snapshot.lockdep.enabled},
                      {"locks", json_locks(snapshot)},
                      {"cpus", std::move(cpus)},
                      {"tasks", std::move(tasks)},
                      {"problems", json_problems(snapshot.problems)}});
}

}  // namespace kmortem::report
