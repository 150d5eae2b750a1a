// SPDX-License-Identifier: GPL-3.0-or-later
#include "answers.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hex.h"
#include "checks/registry.h"
#include "crash_memory.h"
#include "lockdep_answers.h"
#include "postmortem/source_lines.h"
#include "report/aliases.h"
#include "report/json.h"
#include "report/lock_text.h"
#include "report/locks.h"
#include "report/softirqs.h"
#include "report/task_locks.h"
#include "report/text.h"
#include "report/wait_for.h"

namespace kmortem::crash {

namespace {

using model::LockParty;
using model::LockState;
using model::Snapshot;
using postmortem::SnapshotParts;

report::TextOptions text_options(const kmortem_request& request) {
  report::TextOptions options;
  options.verbose = request.verbose != 0;
  return options;
}

/// Nothing that a command does not need is read: a softirq's name is no reason to look through
/// a terabyte.
SnapshotParts parts_for(const kmortem_request& request) {
  SnapshotParts parts;
  parts.modules = true;
  switch (request.command) {
    case KMORTEM_SOFTIRQS:
      parts.softirqs = true;
      return parts;
    case KMORTEM_LOCKDEP:
      if (request.graph != 0) break;  // with the order that refused and waiting tasks add
      parts.lockdep = true;
      return parts;
    case KMORTEM_LOCKALIAS:
      parts.lockdep = parts.memory_scan = true;
      return parts;
    case KMORTEM_HELDLOCKS:
    case KMORTEM_SPINOWNER:
    case KMORTEM_WAITFOR:
      parts.tasks = parts.lockdep = parts.memory_scan = parts.stacks = parts.locks = true;
      return parts;
    case KMORTEM_REPORT:
      break;
  }
  return SnapshotParts::everything();
}

/// A number as crash takes it: decimal is a pid, what is not decimal is hexadecimal.
std::optional<uint64_t> number_in(std::string_view text, int base) {
  if (base == 16 && text.starts_with("0x")) text.remove_prefix(2);
  uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::vector<const model::Task*> tasks_meant_by(const Snapshot& snapshot, std::string_view text) {
  const auto pid = number_in(text, 10);
  const auto address = number_in(text, 16);
  std::vector<const model::Task*> tasks;
  for (const model::Task& task : snapshot.tasks) {
    const bool by_pid = pid && static_cast<uint64_t>(task.pid) == *pid;
    if (by_pid || (address && task.address == *address)) tasks.push_back(&task);
  }
  return tasks;
}

Result<std::vector<const model::Task*>> tasks_of(const Snapshot& snapshot,
                                                 const kmortem_request& request) {
  std::vector<const model::Task*> tasks;
  if (request.all != 0) {
    for (const model::Task& task : snapshot.tasks) {
      if (report::has_locks(snapshot, task)) tasks.push_back(&task);
    }
    return tasks;
  }
  if (request.argument_count == 0) {
    const model::Task* current = snapshot.task_at(request.current_task);
    if (current == nullptr) return fail("crash's current task is in no list of tasks");
    return std::vector{current};
  }
  for (const char* text : std::span(request.arguments, request.argument_count)) {
    const auto meant = tasks_meant_by(snapshot, text);
    if (meant.empty()) return fail(fmt::format("invalid task or pid value: {}", text));
    tasks.insert(tasks.end(), meant.begin(), meant.end());
  }
  return tasks;
}

Result<std::string> heldlocks(const Snapshot& snapshot, const kmortem_request& request) {
  const auto tasks = tasks_of(snapshot, request);
  if (!tasks) return std::unexpected(tasks.error());
  std::string text;
  for (const model::Task* task : *tasks) {
    if (!text.empty()) text += '\n';
    text += report::task_locks_text(snapshot, *task, text_options(request));
  }
  return text.empty() ? "no task is known to hold a lock or to wait for one\n" : text;
}

bool is_on(const std::vector<LockParty>& parties, int cpu) {
  return std::ranges::any_of(
      parties, [&](const LockParty& party) { return party.cpu == cpu && !party.hint; });
}

std::string spinowner(const Snapshot& snapshot, const kmortem_request& request) {
  std::string text;
  for (const LockState& lock : snapshot.locks) {
    const bool named = lock.address == request.address || lock.map == request.address;
    const bool here =
        request.cpu < 0 || is_on(lock.owners, request.cpu) || is_on(lock.waiters, request.cpu);
    const bool kind = request.address != 0 ? named : report::spins(lock.type);
    if (kind && here) text += report::lock_state_text(snapshot, lock, text_options(request));
  }
  // Each begins with the empty line that divides it from the one before.
  if (!text.empty()) return text.substr(1);
  if (request.address != 0) {
    return fmt::format("{}: nobody is known to hold it or to wait for it\n",
                       hex_address(request.address));
  }
  return "no spinlock is known to be held or waited for\n";
}

std::string waitfor(const Session& kept, const Snapshot& snapshot) {
  std::string text = report::wait_for_text(snapshot);
  for (const model::Finding& finding : kept.findings({"deadlock-cycle", "irq-self-deadlock"})) {
    text += "\n" + finding.title + "\n";
  }
  return text;
}

Result<std::vector<std::string>> rules_of(const kmortem_request& request) {
  std::vector<std::string> rules;
  for (const char* rule : std::span(request.arguments, request.argument_count)) {
    if (checks::find_rule(rule) == nullptr) {
      std::string known;
      for (const checks::Rule& each : checks::rules()) known += " " + std::string(each.name);
      return fail(fmt::format("there is no rule \"{}\"; the rules are{}", rule, known));
    }
    rules.emplace_back(rule);
  }
  return rules;
}

Result<std::string> whole_report(Session& kept, const Snapshot& snapshot,
                                 const kmortem_request& request) {
  const auto rules = rules_of(request);
  if (!rules) return std::unexpected(rules.error());
  model::Report report;
  report.findings = kept.findings(*rules);
  report.snapshot = snapshot;
  postmortem::add_source_lines(report, kept.opened(), {});
  if (request.json != 0) return report::report_json(report);
  return report::report_text(report, text_options(request));
}

std::string json_answer(const Snapshot& snapshot, const kmortem_request& request) {
  if (request.command == KMORTEM_SOFTIRQS) return report::softirqs_json(snapshot);
  if (request.command == KMORTEM_LOCKALIAS) {
    return report::aliases_json(snapshot, request.verbose != 0);
  }
  return report::locks_by_owner_json(snapshot);
}

}  // namespace

Result<std::string> answer(Session& kept, const kmortem_session& session,
                           const kmortem_request& request) {
  const auto read = kept.snapshot(session, parts_for(request));
  if (!read) return std::unexpected(read.error());
  const Snapshot& snapshot = **read;
  switch (request.command) {
    case KMORTEM_LOCKDEP:
      return lockdep_answer(kept, snapshot, request);
    case KMORTEM_REPORT:
      return whole_report(kept, snapshot, request);
    default:
      break;
  }
  if (request.json != 0) return json_answer(snapshot, request);
  switch (request.command) {
    case KMORTEM_HELDLOCKS:
      return heldlocks(snapshot, request);
    case KMORTEM_LOCKALIAS:
      return report::aliases_text(snapshot, text_options(request));
    case KMORTEM_SPINOWNER:
      return spinowner(snapshot, request);
    case KMORTEM_SOFTIRQS:
      return report::softirqs_text(snapshot, text_options(request));
    default:
      return waitfor(kept, snapshot);
  }
}

}  // namespace kmortem::crash
