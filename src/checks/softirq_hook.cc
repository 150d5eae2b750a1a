// SPDX-License-Identifier: GPL-3.0-or-later
// softirq-hook: __do_softirq() calls softirq_vec[n].action for every pending bit without looking.
// An empty vector is normal (no block devices, one CPU, use_softirq=0, HRTIMER in 4.2 to 4.15) for
// as long as nobody raises it.
#include <fmt/core.h>

#include "base/hex.h"
#include "checks/rules.h"
#include "checks/wording.h"

namespace kmortem::checks {

namespace {

std::string vector_name(const model::Softirq& softirq) {
  return softirq.name.empty() ? fmt::format("vector {}", softirq.vector)
                              : fmt::format("{} (vector {})", softirq.name, softirq.vector);
}

std::vector<std::string> pending_on(const model::Snapshot& snapshot, unsigned vector) {
  std::vector<std::string> cpus;
  for (const model::Cpu& cpu : snapshot.cpus) {
    if (!cpu.softirq_pending_known || !cpu.online || vector >= 32) continue;
    if (((cpu.softirq_pending >> vector) & 1) != 0)
      cpus.push_back(fmt::format("CPU {}", cpu.number));
  }
  return cpus;
}

model::Finding empty_finding(const model::Softirq& softirq, const std::vector<std::string>& cpus) {
  model::Finding finding;
  finding.rule = "softirq-hook";
  finding.title = fmt::format("The softirq {} is pending on {}, but nothing is registered for it.",
                              vector_name(softirq), join_words(cpus));
  finding.explanation =
      "When the CPU next handles softirqs, it calls the action of every pending vector without "
      "checking it: a call through a null pointer. Either code raises a softirq that this kernel "
      "never opens, or softirq_vec was overwritten.";
  finding.remedy =
      fmt::format("find who raises it (raise_softirq() with {}), or who cleared softirq_vec[{}]",
                  softirq.vector, softirq.vector);
  finding.evidence.push_back(
      {fmt::format("softirq_vec[{}].action = 0", softirq.vector), std::nullopt, {}});
  finding.evidence.push_back(
      {fmt::format("bit {} of softirq_pending is set on {}", softirq.vector, join_words(cpus)),
       std::nullopt,
       {}});
  finding.signature = signature(finding.rule, {"empty", softirq.name});
  return finding;
}

model::Finding foreign_finding(const model::Softirq& softirq) {
  model::Finding finding;
  finding.rule = "softirq-hook";
  finding.title =
      fmt::format("The action of the softirq {} is not kernel code.", vector_name(softirq));
  finding.explanation =
      "The function that handles this softirq lies outside the kernel's text and that of every "
      "loaded module. Every time the softirq runs, the CPU jumps there with kernel rights. "
      "softirq_vec was overwritten (memory corruption, or a rootkit's hook), or the module that "
      "registered the action is gone.";
  finding.remedy = fmt::format(
      "find who wrote softirq_vec[{}]; look at what lies at {} before trusting this machine",
      softirq.vector, hex_address(softirq.action));
  finding.evidence.push_back(
      {fmt::format("softirq_vec[{}].action = {}{}", softirq.vector, hex_address(softirq.action),
                   softirq.action_symbol.empty() ? ": no symbol covers it"
                                                 : " <" + softirq.action_symbol + ">"),
       softirq.action,
       {}});
  finding.signature = signature(finding.rule, {"foreign", softirq.name});
  return finding;
}

}  // namespace

std::vector<model::Finding> check_softirq_hook(const model::Snapshot& snapshot) {
  std::vector<model::Finding> findings;
  for (const model::Softirq& softirq : snapshot.softirqs) {
    if (softirq.action != 0) {
      if (!softirq.action_in_text) findings.push_back(foreign_finding(softirq));
      continue;
    }
    const std::vector<std::string> cpus = pending_on(snapshot, softirq.vector);
    if (!cpus.empty()) findings.push_back(empty_finding(softirq, cpus));
  }
  return findings;
}

}  // namespace kmortem::checks
