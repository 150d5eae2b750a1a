// SPDX-License-Identifier: GPL-3.0-or-later
// irq-inconsistent: what lockdep checks in valid_state() when it marks a usage bit. mark_lock()
// stores the bit and its stack before it checks, so the contradiction is in the dump even when the
// log is not.
#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "base/hex.h"
#include "checks/class_doubt.h"
#include "checks/irq_story.h"
#include "checks/irq_usage.h"
#include "checks/lock_reports.h"
#include "checks/rules.h"
#include "checks/wording.h"
#include "model/lock_sharing.h"

namespace kmortem::checks {

namespace {

constexpr size_t kLocksShown = 4;

// The interrupt's stack goes on into what it interrupted: maybe into the very function that has the
// lock with interrupts enabled.
bool interrupted_the_other(const IrqConflict& conflict) {
  if (!conflict.on.taken.taker_known) return false;
  const std::string other = function_key(conflict.on.taken.frame());
  const model::Stack& stack = conflict.in.taken.stack;
  return std::any_of(stack.begin(), stack.end(), [&](const model::Frame& frame) {
    return frame.context == model::Context::task && !frame.function.empty() &&
           function_key(frame) == other;
  });
}

// Readers do not exclude readers: a pair contradicts itself when one side writes.
std::optional<IrqConflict> conflict_in(const model::Snapshot& snapshot,
                                       const model::LockClass& lock_class,
                                       const UsageState& state) {
  struct Pair {
    bool in_read;
    bool on_read;
  };
  for (const Pair pair : {Pair{false, false}, Pair{false, true}, Pair{true, false}}) {
    const bool used_in = has_usage(lock_class, state, UsageSide::in, pair.in_read);
    const bool enabled = has_usage(lock_class, state, UsageSide::enabled, pair.on_read);
    if (!used_in || !enabled) continue;
    IrqConflict conflict;
    conflict.hardirq = state.name == "HARDIRQ";
    conflict.in = irq_use(snapshot, lock_class, state, UsageSide::in, pair.in_read);
    conflict.on = irq_use(snapshot, lock_class, state, UsageSide::enabled, pair.on_read);
    if (!conflict.hardirq) conflict.vector = softirq_vector(snapshot, conflict.in.taken.stack);
    conflict.met = interrupted_the_other(conflict);
    return conflict;
  }
  return std::nullopt;
}

// HARDIRQ first: what cures it cures SOFTIRQ too.
std::vector<IrqConflict> conflicts(const model::Snapshot& snapshot,
                                   const model::LockClass& lock_class) {
  std::vector<IrqConflict> found;
  for (const UsageState& state : interrupt_states(snapshot.lockdep)) {
    auto conflict = conflict_in(snapshot, lock_class, state);
    if (conflict) found.push_back(std::move(*conflict));
  }
  return found;
}

// The class's locks: the one that the log's report names first, then others from memory.
std::vector<model::LockRef> locks_of(const model::Snapshot& snapshot,
                                     const model::LockClass& lock_class, const LockReport* report) {
  std::vector<model::LockRef> locks;
  auto add = [&](uint64_t address, const std::string& type, const std::string& symbol) {
    const bool known = std::any_of(locks.begin(), locks.end(), [&](const model::LockRef& lock) {
      return lock.address == address;
    });
    if (!known) locks.push_back({lock_class.name, address, type, lock_class.name, symbol});
  };
  if (report != nullptr && report->lock_address != 0) {
    add(report->lock_address, "lockdep_map", "");
  }
  for (const model::LockMap& map : snapshot.scan.maps) {
    if (locks.size() >= kLocksShown) break;
    const auto& cache = map.class_cache;
    const bool of_class = std::count(cache.begin(), cache.end(), int(lock_class.index)) != 0;
    if (of_class && map.key == model::base_key(lock_class)) {
      add(map.address, "lockdep_map", map.symbol);
    }
  }
  if (locks.empty()) locks.push_back({lock_class.name, 0, "", lock_class.name, ""});
  return locks;
}

void add_stacks(const std::string& lock, const std::vector<IrqConflict>& found,
                model::Finding& finding) {
  for (size_t i = 0; i < found.size(); ++i) {
    const bool repeats =
        i > 0 && found[i].in.trace == found[0].in.trace && found[i].on.trace == found[0].on.trace;
    if (repeats) continue;
    for (auto& evidence : irq_stacks(lock, found[i])) {
      finding.evidence.push_back(std::move(evidence));
    }
  }
}

void add_locks(const model::Finding& finding, std::vector<model::Evidence>& evidence) {
  std::vector<std::string> addresses;
  for (const model::LockRef& lock : finding.locks) {
    if (lock.address == 0) continue;
    std::string text = hex_address(lock.address);
    if (!lock.symbol.empty()) text += fmt::format(" <{}>", lock.symbol);
    addresses.push_back(std::move(text));
  }
  if (addresses.empty()) return;
  evidence.push_back(
      {fmt::format("lockdep_map of {}: {}", finding.locks.front().name, join_words(addresses)),
       finding.locks.front().address,
       {}});
}

void add_facts(const model::LockClass& lock_class, const std::vector<IrqConflict>& found,
               const LockReport* report, model::Finding& finding) {
  std::vector<std::string> pairs;
  for (const IrqConflict& conflict : found) {
    pairs.push_back(conflict.in.usage + " against " + conflict.on.usage);
  }
  finding.evidence.push_back(
      {fmt::format("lock class {} {{{}}}: usage_mask = {}: {}", lock_class.name, lock_class.usage,
                   hex_short(lock_class.usage_mask), join_words(pairs)),
       lock_class.address,
       {}});
  for (const IrqConflict& conflict : found) {
    for (const IrqUse* use : {&conflict.in, &conflict.on}) {
      if (!use->taken.stack.empty()) continue;
      finding.evidence.push_back(
          {fmt::format("no stack is recorded for {}", use->usage), std::nullopt, {}});
    }
  }
  if (report == nullptr) return;
  finding.evidence.push_back(
      {quote(report->usage.text.empty() ? report->title : report->usage), std::nullopt, {}});
  if (!report->taken_by.empty()) {
    finding.evidence.push_back(
        {fmt::format("log, {}: reported by {} at {}", log_time(report->lock.time_ns),
                     report->taken_by, report->taken_at),
         std::nullopt,
         {}});
  }
}

model::Finding finding_for(const model::Snapshot& snapshot, const model::LockClass& lock_class,
                           const std::vector<IrqConflict>& found, const LockReport* report) {
  const IrqConflict& worst = found.front();
  model::Finding finding;
  finding.rule = "irq-inconsistent";
  finding.title = irq_title(lock_class.name, worst);
  finding.explanation = irq_explanation(lock_class.name, worst);
  finding.remedy = irq_remedy(lock_class.name, worst);
  finding.locks = locks_of(snapshot, lock_class, report);
  finding.signature = signature(
      finding.rule, {class_key(lock_class), worst.hardirq ? "hardirq" : "softirq",
                     worst.in.taken.taker_known ? function_key(worst.in.taken.frame()) : "?",
                     worst.on.taken.taker_known ? function_key(worst.on.taken.frame()) : "?"});
  add_stacks(lock_class.name, found, finding);
  add_locks(finding, finding.evidence);
  add_facts(lock_class, found, report, finding);
  // lockdep sets a usage bit and saves its trace together: a bit without one may be damage.
  const bool witnessed = !worst.in.taken.stack.empty() && !worst.on.taken.stack.empty();
  if (!witnessed && report == nullptr) finding.grade = model::Grade::inferred;
  return finding;
}

const LockReport* report_on(const std::vector<LockReport>& reports,
                            const model::LockClass& lock_class) {
  const auto it = std::find_if(reports.begin(), reports.end(), [&](const LockReport& report) {
    return report.rule == "irq-inconsistent" && report.lock_name == lock_class.name;
  });
  return it == reports.end() ? nullptr : &*it;
}

}  // namespace

std::vector<model::Finding> check_irq_inconsistent(const model::Snapshot& snapshot) {
  std::vector<model::Finding> findings;
  std::optional<std::vector<LockReport>> reports;
  std::optional<std::vector<model::SharedKey>> shared;
  for (const model::LockClass& lock_class : snapshot.lockdep.classes) {
    const std::vector<IrqConflict> found = conflicts(snapshot, lock_class);
    if (found.empty()) continue;
    if (!reports) reports = lock_reports(snapshot.splats, log_lines(snapshot.log));
    if (!shared) shared = model::shared_keys(snapshot);
    findings.push_back(finding_for(snapshot, lock_class, found, report_on(*reports, lock_class)));
    doubt_unnamed_class(lock_class, findings.back());
    if (doubt_shared_class(lock_class, *shared, findings.back())) {
      findings.back().severity = model::Severity::warning;
    }
  }
  return findings;
}

}  // namespace kmortem::checks
