// SPDX-License-Identifier: GPL-3.0-or-later
// rcu-stall: the current grace period is older than rcu_cpu_stall_timeout. The leaves of the
// rcu_node tree say which CPUs and preempted readers it waits for.
#include <fmt/core.h>

#include <algorithm>

#include "checks/blocked.h"
#include "checks/cpu_story.h"
#include "checks/lock_parties.h"
#include "checks/rules.h"
#include "checks/stall_log.h"
#include "checks/wording.h"

namespace kmortem::checks {

namespace {

constexpr uint64_t kSecond = 1'000'000'000;

bool stalls(const model::GracePeriod& period) {
  return period.in_progress && period.stall_timeout_ns != 0 &&
         period.age_ns > period.stall_timeout_ns;
}

struct Culprits {
  std::vector<const model::Cpu*> cpus;
  std::vector<const model::Task*> readers;
  size_t explained = 0;  ///< left out: another rule tells why they stand still
};

Culprits culprits(const model::Snapshot& snapshot, const model::GracePeriod& period) {
  const WaitForGraph graph(snapshot);
  const std::vector<bool> told = explained(snapshot, graph);
  Culprits found;
  for (const int number : period.waits_for_cpus) {
    const size_t node = graph.node_of_cpu(number);
    const model::Cpu* cpu = find_cpu(snapshot, number);
    if (node < told.size() && told[node]) {
      ++found.explained;
    } else if (cpu != nullptr) {
      found.cpus.push_back(cpu);
    }
  }
  for (const uint64_t address : period.waits_for_tasks) {
    const size_t node = graph.node_of_task(address);
    const model::Task* task = snapshot.task_at(address);
    if (node < told.size() && told[node]) {
      ++found.explained;
    } else if (task != nullptr) {
      found.readers.push_back(task);
    }
  }
  return found;
}

const StallLine* last_report(const std::vector<StallLine>& lines) {
  const auto it = std::find_if(lines.rbegin(), lines.rend(), [](const StallLine& line) {
    return line.kind == StallLine::Kind::rcu_stall;
  });
  return it == lines.rend() ? nullptr : &*it;
}

std::string waits_for(const Culprits& found) {
  std::vector<std::string> names;
  for (const model::Cpu* cpu : found.cpus) names.push_back(fmt::format("CPU {}", cpu->number));
  for (const model::Task* task : found.readers) {
    names.push_back(fmt::format("the reader {}", task_label(*task)));
  }
  return join_words(names);
}

model::Finding finding_for(const model::Snapshot& snapshot, const model::GracePeriod& period,
                           const Culprits& found) {
  const auto log = log_lines(snapshot.log);
  const auto lines = stall_lines(log);
  const StallLine* line = last_report(lines);
  model::Finding finding;
  finding.rule = "rcu-stall";
  finding.grade = line != nullptr ? model::Grade::proven : model::Grade::inferred;
  finding.title = fmt::format("An RCU grace period has been waiting for {} for {} s.",
                              waits_for(found), period.age_ns / kSecond);
  finding.explanation =
      "A grace period ends when every CPU has passed through a quiescent state and every reader "
      "that was there before has left. Until then no memory that waits for it is freed, and "
      "synchronize_rcu() does not return.";
  finding.remedy =
      "see what that CPU or reader does; a long loop needs cond_resched(), and must "
      "not run with preemption or interrupts off";
  for (const model::Cpu* cpu : found.cpus) add_cpu(snapshot, *cpu, finding);
  for (const model::Task* task : found.readers) {
    finding.tasks.push_back({task->pid, task->comm, task->cpu, task->address, model::Role::owner});
    if (!task->stack.empty()) {
      finding.evidence.push_back({task_label(*task) + ":", std::nullopt, task->stack});
    }
  }
  finding.evidence.push_back(
      {fmt::format("{}: the grace period is {} s old, rcu_cpu_stall_timeout is {} s",
                   period.flavour, period.age_ns / kSecond, period.stall_timeout_ns / kSecond),
       std::nullopt,
       {}});
  if (line != nullptr) finding.evidence.push_back({quote(line->line), std::nullopt, {}});
  finding.signature =
      signature(finding.rule, {found.cpus.empty() ? "reader" : busy_key(*found.cpus.front())});
  return finding;
}

}  // namespace

std::vector<model::Finding> check_rcu_stall(const model::Snapshot& snapshot) {
  std::vector<model::Finding> findings;
  for (const model::GracePeriod& period : snapshot.stalls.grace_periods) {
    if (!stalls(period)) continue;
    const Culprits found = culprits(snapshot, period);
    if (found.cpus.empty() && found.readers.empty()) continue;
    findings.push_back(finding_for(snapshot, period, found));
  }
  return findings;
}

}  // namespace kmortem::checks
