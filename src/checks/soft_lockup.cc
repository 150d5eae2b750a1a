// SPDX-License-Identifier: GPL-3.0-or-later
// soft-lockup: the watchdog's own task, of the highest priority, has not come to run on a CPU for
// twice watchdog_thresh. Of a CPU that waits for a lock, the rules about locks tell.
#include <fmt/core.h>

#include "checks/blocked.h"
#include "checks/cpu_story.h"
#include "checks/rules.h"
#include "checks/stall_log.h"
#include "checks/wording.h"

namespace kmortem::checks {

namespace {

constexpr uint64_t kSecond = 1'000'000'000;

model::Finding finding_for(const model::Snapshot& snapshot, const model::CpuWatchdog& watchdog,
                           const model::Cpu& cpu, const StallLine* line) {
  const uint64_t seconds = *watchdog.silent_ns / kSecond;
  const std::string busy = busy_with(cpu);
  model::Finding finding;
  finding.rule = "soft-lockup";
  // A time stamp alone may be damage; the log or the CPU's own stack is the second witness.
  finding.grade = line != nullptr ? model::Grade::proven : model::Grade::inferred;
  finding.title = fmt::format("CPU {} has run nothing but {} for {} s{}{}.", cpu.number,
                              running_on(snapshot, cpu), seconds, busy.empty() ? "" : ", ", busy);
  finding.explanation =
      "Kernel code keeps the CPU without ever letting another task run there: the watchdog's task, "
      "which comes before all others, has been waiting all that time. No lock was found that the "
      "CPU waits for.";
  finding.remedy = busy.empty()
                       ? "see what the CPU runs; a long loop needs cond_resched()"
                       : fmt::format("see what loops {}; a long loop needs cond_resched()", busy);
  add_cpu(snapshot, cpu, finding);
  finding.evidence.push_back(
      {fmt::format("watchdog_touch_ts of CPU {}: {} s ago; a soft lockup is {} s", cpu.number,
                   seconds, 2 * snapshot.stalls.watchdogs.threshold_ns / kSecond),
       std::nullopt,
       {}});
  if (line != nullptr) finding.evidence.push_back({quote(line->line), std::nullopt, {}});
  finding.signature = signature(finding.rule, {busy_key(cpu)});
  return finding;
}

}  // namespace

std::vector<model::Finding> check_soft_lockup(const model::Snapshot& snapshot) {
  std::vector<model::Finding> findings;
  const model::Watchdogs& watchdogs = snapshot.stalls.watchdogs;
  if (!watchdogs.enabled) return findings;
  const auto log = log_lines(snapshot.log);
  const auto lines = stall_lines(log);
  const WaitForGraph graph(snapshot);
  const std::vector<bool> told = explained(snapshot, graph);
  for (const model::CpuWatchdog& watchdog : watchdogs.cpus) {
    if (!watchdog.silent_ns || *watchdog.silent_ns <= 2 * watchdogs.threshold_ns) continue;
    const model::Cpu* cpu = find_cpu(snapshot, watchdog.cpu);
    const size_t node = graph.node_of_cpu(watchdog.cpu);
    if (cpu == nullptr || (node < told.size() && told[node])) continue;
    const StallLine* line = last_about_cpu(lines, StallLine::Kind::soft_lockup, watchdog.cpu);
    // Interrupts off as well: hard-lockup's.
    const bool hard = watchdog.timer_late_ns && *watchdog.timer_late_ns > watchdogs.threshold_ns;
    if (hard && line == nullptr) continue;
    findings.push_back(finding_for(snapshot, watchdog, *cpu, line));
  }
  return findings;
}

}  // namespace kmortem::checks
