// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/wait_for.h"

#include <vector>

#include "report/grade_text.h"
#include "report/layout.h"
#include "report/lock_text.h"

namespace kmortem::report {

namespace {

using model::LockParty;
using model::LockState;

std::string with_grade(const model::Snapshot& snapshot, const LockParty& party) {
  return party_name(snapshot, party) + (party.shared ? ", reading" : "") + " (" +
         std::string(grade_text(party.grade)) + (party.hint ? ", a hint)" : ")");
}

std::string owners_text(const model::Snapshot& snapshot, const LockState& lock) {
  std::string text;
  for (const LockParty& owner : lock.owners) {
    if (!text.empty()) text += "; ";
    text += with_grade(snapshot, owner);
  }
  return text.empty() ? "?" : text;
}

std::string state_of(const model::Snapshot& snapshot, const LockParty& party) {
  const model::Task* task = snapshot.task_at(party.task);
  return task == nullptr ? "-" : std::string(1, task->state);
}

}  // namespace

std::string wait_for_text(const model::Snapshot& snapshot) {
  std::vector<std::vector<std::string>> rows = {
      {"WAITER", "STATE", "WAITS FOR", "TYPE", "HELD BY"}};
  for (const LockState& lock : snapshot.locks) {
    const std::string owners = owners_text(snapshot, lock);
    for (const LockParty& waiter : lock.waiters) {
      rows.push_back({with_grade(snapshot, waiter), state_of(snapshot, waiter), lock_label(lock),
                      std::string(lock_type_text(lock.type)), owners});
    }
  }
  return rows.size() > 1 ? table(rows) : "nobody is known to wait for a lock\n";
}

}  // namespace kmortem::report
