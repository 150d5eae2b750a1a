// SPDX-License-Identifier: GPL-3.0-or-later
// hard-lockup: a CPU takes no timer interrupt. The NMI watchdog says so where there is one; where
// there is none, the watchdog's own timer, which fires every 2/5 of watchdog_thresh, is overdue.
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
  const std::string busy = busy_with(cpu);
  const bool late = watchdog.timer_late_ns.value_or(0) > snapshot.stalls.watchdogs.threshold_ns;
  model::Finding finding;
  finding.rule = "hard-lockup";
  finding.grade = line != nullptr || watchdog.hard_lockup_reported ? model::Grade::proven
                                                                   : model::Grade::inferred;
  finding.title = fmt::format("CPU {} takes no interrupts: it runs {}{}{}.", cpu.number,
                              running_on(snapshot, cpu), busy.empty() ? "" : " ", busy);
  finding.explanation =
      "Code runs there with interrupts off for longer than any should. Everything that waits for "
      "the CPU (timers, IPIs of other CPUs, RCU) waits with it. No lock was found that the CPU "
      "waits for.";
  finding.remedy = busy.empty() ? "see what the CPU runs with interrupts off"
                                : fmt::format("see what loops {} with interrupts off", busy);
  add_cpu(snapshot, cpu, finding);
  if (late) {
    finding.evidence.push_back({fmt::format("watchdog_hrtimer of CPU {} is {} s overdue",
                                            cpu.number, *watchdog.timer_late_ns / kSecond),
                                std::nullopt,
                                {}});
  }
  if (watchdog.hard_lockup_reported) {
    finding.evidence.push_back(
        {fmt::format("the NMI watchdog has reported CPU {}", cpu.number), std::nullopt, {}});
  }
  if (line != nullptr) finding.evidence.push_back({quote(line->line), std::nullopt, {}});
  finding.signature = signature(finding.rule, {busy_key(cpu)});
  return finding;
}

}  // namespace

std::vector<model::Finding> check_hard_lockup(const model::Snapshot& snapshot) {
  std::vector<model::Finding> findings;
  const model::Watchdogs& watchdogs = snapshot.stalls.watchdogs;
  const auto log = log_lines(snapshot.log);
  const auto lines = stall_lines(log);
  const WaitForGraph graph(snapshot);
  const std::vector<bool> told = explained(snapshot, graph);
  for (const model::CpuWatchdog& watchdog : watchdogs.cpus) {
    const model::Cpu* cpu = find_cpu(snapshot, watchdog.cpu);
    const size_t node = graph.node_of_cpu(watchdog.cpu);
    if (cpu == nullptr || (node < told.size() && told[node])) continue;
    const StallLine* line = last_about_cpu(lines, StallLine::Kind::hard_lockup, watchdog.cpu);
    // The timer and the log are of the past when the CPU has come to life again since.
    const bool silent = watchdog.silent_ns && *watchdog.silent_ns > 2 * watchdogs.threshold_ns;
    const bool late = watchdog.timer_late_ns && *watchdog.timer_late_ns > watchdogs.threshold_ns;
    if (!silent && !watchdog.hard_lockup_reported) continue;
    if (!late && !watchdog.hard_lockup_reported) continue;
    findings.push_back(finding_for(snapshot, watchdog, *cpu, line));
  }
  return findings;
}

}  // namespace kmortem::checks
