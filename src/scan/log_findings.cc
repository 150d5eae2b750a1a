// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/log_findings.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <string>
#include <string_view>

#include "checks/lock_reports.h"
#include "checks/stall_log.h"
#include "checks/wording.h"
#include "splats/splats.h"

namespace kmortem::scan {

namespace {

using checks::LogLine;
using Lines = std::vector<LogLine>;

// A report's stack follows within so many lines.
constexpr size_t kReach = 60;

// Functions that say nothing of who wanted a lock or sleeps: the locks' and the scheduler's own.
constexpr std::array<std::string_view, 27> kAnybodys = {"lock_acquire",
                                                        "__lock_acquire",
                                                        "_raw_",
                                                        "__raw_",
                                                        "do_raw_",
                                                        "native_queued_",
                                                        "queued_",
                                                        "virt_spin_",
                                                        "__pv_",
                                                        "pv_",
                                                        "mutex_",
                                                        "__mutex_",
                                                        "ww_mutex_",
                                                        "down_",
                                                        "__down",
                                                        "rwsem_",
                                                        "rt_",
                                                        "percpu_down_",
                                                        "schedule",
                                                        "__schedule",
                                                        "io_schedule",
                                                        "wait_for_completion",
                                                        "__wait_for_common",
                                                        "dump_stack",
                                                        "asm_",
                                                        "nmi_",
                                                        "__cond_resched"};

/// "f+0x1/0x2 [mod]" as a signature has it; empty when it is nothing of that kind or uncertain.
std::string function_in(std::string_view text) {
  text = checks::trimmed(text);
  if (text.starts_with("? ")) return "";
  const size_t plus = text.find("+0x");
  if (plus == std::string_view::npos || plus == 0) return "";
  const std::string_view name = text.substr(0, plus);
  if (name.find_first_of(" :\t") != std::string_view::npos) return "";
  std::string function(checks::plain_function(name));
  const size_t open = text.find(" [", plus);
  const size_t close = text.find(']', plus);
  if (open != std::string_view::npos && close != std::string_view::npos && open < close) {
    function += text.substr(open, close - open + 1);
  }
  return function;
}

bool is_anybodys(std::string_view function) {
  return std::ranges::any_of(kAnybodys,
                             [&](std::string_view name) { return function.starts_with(name); });
}

std::string_view after_rip(std::string_view line) {
  constexpr std::string_view kRip = "RIP: 0010:";
  const size_t at = line.find(kRip);
  return at == std::string_view::npos ? line : line.substr(at + kRip.size());
}

/// The first function at or behind line `from` that is somebody's own; "?" without one.
std::string place_behind(const Lines& lines, size_t from) {
  const size_t end = std::min(lines.size(), from + kReach);
  for (size_t i = from; i < end; ++i) {
    const std::string function = function_in(after_rip(lines[i].text));
    if (!function.empty() && !is_anybodys(function)) return function;
  }
  return "?";
}

size_t index_of(const Lines& lines, const LogLine& line) {
  const auto found = std::ranges::find(lines, line.text.data(),
                                       [](const LogLine& each) { return each.text.data(); });
  return static_cast<size_t>(found - lines.begin());
}

/// Who had taken the lock the other way: the stack below "{SOFTIRQ-ON-W} state was registered at:".
std::string registered_place(const Lines& lines, size_t from) {
  const size_t end = std::min(lines.size(), from + kReach);
  for (size_t i = from; i < end; ++i) {
    if (lines[i].text.find("state was registered at:") == std::string_view::npos) continue;
    return place_behind(lines, i + 1);
  }
  return "?";
}

/// The class's name without what depends on the boot: "#2", "/1".
std::string stable_name(const std::string& name) {
  std::string stable = name.substr(0, name.find('#'));
  const size_t slash = stable.rfind('/');
  const bool subclass = slash != std::string::npos && slash + 2 == stable.size() &&
                        isdigit(static_cast<unsigned char>(stable.back())) != 0;
  return subclass ? stable.substr(0, slash) : stable;
}

model::Finding finding_of(std::string_view rule, const LogLine& line) {
  model::Finding finding;
  finding.rule = rule;
  finding.grade = model::Grade::inferred;
  finding.title = fmt::format("The kernel's log says: {}", checks::trimmed(line.text));
  finding.explanation =
      "This dump was not read beyond the log: there is no vmlinux for it, or no dump.";
  finding.remedy = "find the vmlinux of this build and look again: kmortem scan --retry-failed";
  finding.evidence.push_back({checks::quote(line), std::nullopt, {}});
  return finding;
}

model::Finding of_report(const Lines& lines, const checks::LockReport& report) {
  model::Finding finding = finding_of(report.rule, report.title);
  const std::string name = stable_name(report.lock_name);
  if (!report.lock_name.empty()) {
    finding.locks.push_back({report.lock_name, report.lock_address, "", report.lock_name, ""});
    finding.evidence.push_back({checks::quote(report.lock), std::nullopt, {}});
  }
  const std::string taken = function_in(report.taken_at);
  std::vector<std::string> parts = {name.empty() ? "?" : name};
  if (report.rule == "irq-inconsistent") {
    const std::string_view usage = report.usage.text;
    const bool hardirq = usage.find("HARDIRQ") != std::string_view::npos;
    // "{A} -> {B}": B is what it is being taken as now.
    const bool in_now = usage.find("-> {IN-") != std::string_view::npos;
    const std::string other = registered_place(lines, report.title_line);
    const std::string now = taken.empty() ? "?" : taken;
    parts.insert(parts.end(),
                 {hardirq ? "hardirq" : "softirq", in_now ? now : other, in_now ? other : now});
  } else {
    parts.push_back(taken.empty() ? "?" : taken);
  }
  finding.signature = checks::signature(finding.rule, parts);
  return finding;
}

std::string_view rule_of(checks::StallLine::Kind kind) {
  switch (kind) {
    case checks::StallLine::Kind::soft_lockup:
      return "soft-lockup";
    case checks::StallLine::Kind::hard_lockup:
      return "hard-lockup";
    case checks::StallLine::Kind::hung_task:
      return "hung-task";
    case checks::StallLine::Kind::rcu_stall:
      break;
  }
  return "rcu-stall";
}

model::Finding of_stall(const Lines& lines, const checks::StallLine& stall) {
  model::Finding finding = finding_of(rule_of(stall.kind), stall.line);
  if (stall.pid >= 0) {
    finding.tasks.push_back({stall.pid, stall.comm, stall.cpu, 0, model::Role::waiter});
  }
  const std::string place = place_behind(lines, index_of(lines, stall.line) + 1);
  finding.signature = checks::signature(finding.rule, {place});
  return finding;
}

}  // namespace

std::vector<model::Finding> log_findings(const std::vector<model::LogRecord>& log) {
  const std::vector<model::Splat> splats = splats::read_splats(log);
  const Lines lines = checks::log_lines(log);
  std::vector<model::Finding> findings;
  std::set<std::string> seen;
  const auto add = [&](model::Finding finding) {
    if (seen.insert(finding.signature).second) findings.push_back(std::move(finding));
  };
  for (const checks::LockReport& report : checks::lock_reports(splats, lines)) {
    if (!report.rule.empty()) add(of_report(lines, report));
  }
  for (const checks::StallLine& stall : checks::stall_lines(lines)) add(of_stall(lines, stall));
  return findings;
}

}  // namespace kmortem::scan
