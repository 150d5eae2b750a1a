// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/text.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/hex.h"
#include "report/grade_text.h"
#include "report/header_text.h"
#include "report/layout.h"
#include "report/printable.h"
#include "report/stack_text.h"

namespace kmortem::report {

namespace {

using model::Finding;
using model::Severity;

std::string severity_text(Severity severity, const Style& style) {
  switch (severity) {
    case Severity::error:
      return style.red("error");
    case Severity::warning:
      return style.yellow("warning");
    case Severity::note:
      return style.blue("note");
  }
  return "note";
}

size_t count_of(const std::vector<Finding>& findings, Severity severity) {
  return static_cast<size_t>(
      std::count_if(findings.begin(), findings.end(),
                    [&](const Finding& finding) { return finding.severity == severity; }));
}

std::string summary_text(const std::vector<Finding>& findings) {
  if (findings.empty()) return "nothing found";
  std::string text;
  auto add = [&](Severity severity, std::string_view word) {
    const size_t count = count_of(findings, severity);
    if (count == 0) return;
    if (!text.empty()) text += ", ";
    text += count_text(count, word);
  };
  add(Severity::error, "error");
  add(Severity::warning, "warning");
  add(Severity::note, "note");
  return text;
}

// The stacks tell the story; what has none is listed as evidence below the fix.
std::string stacks_text(const Finding& finding, const TextOptions& options, const Style& style) {
  std::string text;
  for (const model::Evidence& evidence : finding.evidence) {
    if (evidence.stack.empty()) continue;
    text += "\n" + wrapped(printable(evidence.text), 2, options.width);
    text += stack_text(evidence.stack, 2, style);
  }
  return text;
}

std::string evidence_text(const Finding& finding, const TextOptions& options) {
  std::string text;
  bool first = true;
  for (const model::Evidence& evidence : finding.evidence) {
    if (!evidence.stack.empty()) continue;
    text += labelled(first ? "evidence" : "", printable(evidence.text), options.width);
    first = false;
  }
  return text;
}

std::string tasks_text(const Finding& finding, const TextOptions& options) {
  std::string text;
  for (const model::TaskRef& task : finding.tasks) {
    std::string line = fmt::format("{} [{}]", printable(task.comm), task.pid);
    if (task.cpu >= 0) line += fmt::format(", CPU {}", task.cpu);
    text += labelled(task.role == model::Role::owner ? "owner" : "waiter", line, options.width);
  }
  return text;
}

std::string finding_text(const model::Report& report, const Finding& finding,
                         const TextOptions& options, const Style& style) {
  std::string text = fmt::format("{}: {} ({})\n", severity_text(finding.severity, style),
                                 style.bold(finding.rule), grade_text(finding.grade));
  text += wrapped(printable(finding.title), 0, options.width) + "\n";
  text += wrapped(printable(finding.explanation, true), 2, options.width);
  text += stacks_text(finding, options, style) + "\n";
  if (!finding.remedy.empty()) {
    text += labelled("fix", printable(finding.remedy), options.width);
  }
  text += tasks_text(finding, options);
  text += evidence_text(finding, options);
  if (finding.consequence_of && *finding.consequence_of < report.findings.size()) {
    const Finding& cause = report.findings[*finding.consequence_of];
    text += labelled("follows", fmt::format("from {}: {}", cause.rule, printable(cause.title)),
                     options.width);
  }
  if (options.verbose) text += labelled("signature", printable(finding.signature), options.width);
  return text;
}

std::string hint_text(const std::vector<Finding>& findings) {
  if (findings.empty()) return {};
  return fmt::format("kmortem explain {}   says more about the rule\n", findings.front().rule);
}

}  // namespace

std::string problems_text(const model::Problems& problems, const TextOptions& options) {
  if (problems.all().empty()) return "no problems reading the dump\n";
  std::string text = count_text(problems.all().size(), "problem") + " reading the dump\n";
  for (const model::Problem& problem : problems.all()) {
    std::string line = printable(problem.structure);
    if (problem.address != 0) line += " at " + hex_address(problem.address);
    line += ": " + printable(problem.reason);
    if (problem.count > 1) line += fmt::format(" ({} times)", problem.count);
    if (!problem.consequence.empty()) line += "; " + printable(problem.consequence);
    text += wrapped(line, 2, options.width);
  }
  return text;
}

std::string report_text(const model::Report& report, const TextOptions& options) {
  const Style style(options.colour);
  std::string text = header_text(report.snapshot, style);
  text += "\n" + summary_text(report.findings) + "\n";
  for (const Finding& finding : report.findings) {
    text += "\n" + finding_text(report, finding, options, style);
  }
  const bool only_log = report.snapshot.dump.format == "log";
  text += "\n" + (only_log ? "" : problems_text(report.snapshot.problems, options));
  return text + hint_text(report.findings);
}

}  // namespace kmortem::report
