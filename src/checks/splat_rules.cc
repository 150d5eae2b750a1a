// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/splat_rules.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "checks/consequences.h"
#include "checks/lockdep_stop.h"
#include "checks/log_lines.h"
#include "checks/splat_signature.h"
#include "checks/splat_words.h"
#include "checks/wording.h"

namespace kmortem::checks {

namespace {

using model::Finding;
using model::Splat;
using model::SplatRole;
using model::SplatType;

// Where a report names no lock its address stands in the name's place.
bool is_address(std::string_view name) {
  constexpr size_t kShortest = 8;
  constexpr std::string_view kDigits = "0123456789abcdef";
  if (name.starts_with("0x")) return true;
  return name.size() >= kShortest && name.find_first_not_of(kDigits) == std::string_view::npos;
}

std::string log_place(const Splat& splat) {
  std::string place = splat.time_ns ? "log, " + log_time(*splat.time_ns) : "log";
  return fmt::format("{}, line {}", place, splat.first_line);
}

void add_locks(const Splat& splat, Finding& finding) {
  for (const model::SplatLock& lock : splat.locks) {
    const bool known =
        std::any_of(finding.locks.begin(), finding.locks.end(),
                    [&](const model::LockRef& other) { return other.name == lock.name; });
    // What else the tasks hold is not part of the matter, but where nothing else is named.
    const bool bystander = lock.role == SplatRole::held && splat.lock(SplatRole::acquiring);
    if (known || bystander) continue;
    const bool only_address = is_address(lock.name);
    finding.locks.push_back({lock.name, lock.address, "", only_address ? "" : lock.name, ""});
  }
}

void add_tasks(const Splat& splat, Finding& finding) {
  const bool waits = splat.type == SplatType::spinlock_lockup || splat.type == SplatType::hung_task;
  for (const model::SplatTask& task : splat.tasks) {
    model::TaskRef ref;
    ref.pid = std::max(task.pid, 0);
    ref.comm = task.comm;
    ref.cpu = finding.tasks.empty() ? splat.cpu : -1;
    ref.role = waits && finding.tasks.empty() ? model::Role::waiter : model::Role::owner;
    finding.tasks.push_back(std::move(ref));
  }
}

void add_evidence(const Splat& splat, Finding& finding) {
  finding.evidence.push_back({fmt::format("{}: \"{}\"", log_place(splat), splat.title), {}, {}});
  if (!splat.usage().empty()) finding.evidence.push_back({"usage: " + splat.usage(), {}, {}});
  for (const model::SplatLock* element : splat.chain()) {
    if (element->stack.empty()) continue;
    finding.evidence.push_back({element->name + " was taken here:", {}, element->stack});
  }
  for (const model::SplatStack& stack : splat.stacks) {
    finding.evidence.push_back(
        {stack.about.empty() ? "where it stood:" : stack.about, {}, stack.stack});
  }
  for (const model::SplatLock& lock : splat.locks) {
    if (lock.role != SplatRole::held) continue;
    finding.evidence.push_back(
        {fmt::format("{} held {}, taken at {}", lock.held_by, lock.name, function_label(lock.at)),
         {},
         {}});
  }
  if (!splat.complete) finding.evidence.push_back({"parts of the report are missing", {}, {}});
}

bool about_the_same(const Splat& splat, const Finding& finding) {
  for (const model::LockRef& lock : finding.locks) {
    for (const std::string& name : splat.names) {
      if (lock.name == name || lock.lock_class == name) return true;
    }
    for (const model::SplatLock& named : splat.locks) {
      if (lock.address != 0 && lock.address == named.address) return true;
    }
  }
  return std::any_of(finding.tasks.begin(), finding.tasks.end(), [&](const model::TaskRef& task) {
    return std::any_of(splat.tasks.begin(), splat.tasks.end(), [&](const model::SplatTask& other) {
      return other.pid == task.pid && other.pid > 0;
    });
  });
}

bool quotes(const Finding& finding, const Splat& splat) {
  return std::any_of(
      finding.evidence.begin(), finding.evidence.end(),
      [&](const model::Evidence& each) { return each.text.find(splat.title) != each.text.npos; });
}

}  // namespace

std::vector<model::LockRef> splat_finding_locks(const Splat& splat) {
  Finding finding;
  add_locks(splat, finding);
  return finding.locks;
}

std::optional<Finding> splat_finding(const Splat& splat) {
  const std::string_view rule = splat_rule(splat);
  if (rule.empty()) return std::nullopt;
  const SplatWords words = splat_words(splat);
  Finding finding;
  finding.rule = std::string(rule);
  finding.severity = words.severity;
  finding.grade = model::Grade::inferred;
  finding.title = words.title;
  finding.explanation = words.explanation + " Only the log says so: the kernel printed it itself.";
  finding.remedy = words.remedy;
  add_locks(splat, finding);
  add_tasks(splat, finding);
  add_evidence(splat, finding);
  finding.signature = splat_signature(rule, splat);
  return finding;
}

std::vector<Finding> splat_findings(const std::vector<Splat>& splats) {
  std::vector<Finding> findings;
  for (const Splat& splat : splats) {
    auto finding = splat_finding(splat);
    if (!finding) continue;
    const auto again = std::find_if(findings.begin(), findings.end(), [&](const Finding& other) {
      return other.signature == finding->signature;
    });
    if (again == findings.end()) {
      findings.push_back(std::move(*finding));
    } else {
      again->evidence.push_back(std::move(finding->evidence.front()));
    }
  }
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return a.severity < b.severity; });
  link_consequences(findings);
  return findings;
}

void add_splats(const model::Snapshot& snapshot, std::vector<Finding>& findings) {
  bool first = true;
  for (const Splat& splat : snapshot.splats) {
    const bool stopped = first && stops_lockdep(splat.type);
    if (stops_lockdep(splat.type)) first = false;
    const std::string_view rule = splat_rule(splat);
    if (rule.empty()) continue;
    bool found = false;
    for (Finding& finding : findings) {
      if (finding.rule != rule) continue;
      found = true;
      if (!about_the_same(splat, finding) || quotes(finding, splat)) continue;
      finding.evidence.push_back(
          {fmt::format("the kernel said so itself: {}: \"{}\"", log_place(splat), splat.title),
           {},
           {}});
    }
    const bool lockdep_stopped = snapshot.lockdep.present && !snapshot.lockdep.enabled;
    if (found || !stopped || !lockdep_stopped || rule == "lockdep-off") continue;
    if (auto finding = splat_finding(splat)) findings.push_back(std::move(*finding));
  }
}

}  // namespace kmortem::checks
