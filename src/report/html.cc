// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/html.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "base/hex.h"
#include "report/header_text.h"
#include "report/html_badges.h"
#include "report/html_finding.h"
#include "report/html_locks.h"
#include "report/html_machine.h"
#include "report/html_page.h"
#include "report/html_table.h"
#include "report/html_text.h"
#include "report/layout.h"

namespace kmortem::report {

namespace {

using model::Severity;

struct Section {
  std::string id;
  std::string title;
  std::string html;  ///< empty: the section is left out
  size_t count = 0;  ///< shown in the navigation when not 0
};

uint64_t count_of(const model::Report& report, Severity severity) {
  return static_cast<uint64_t>(
      std::ranges::count(report.findings, severity, &model::Finding::severity));
}

std::string figures(const model::Report& report) {
  std::string text = "<div class=\"figures\">\n";
  const auto add = [&](Severity severity, std::string_view word, std::string_view words) {
    const uint64_t count = count_of(report, severity);
    if (count != 0)
      text += headline_figure(count, count == 1 ? word : words, severity_word(severity));
  };
  add(Severity::error, "error", "errors");
  add(Severity::warning, "warning", "warnings");
  add(Severity::note, "note", "notes");
  if (report.findings.empty()) text += headline_figure(0, "findings", "good");
  const size_t problems = report.snapshot.problems.all().size();
  if (problems != 0) text += headline_figure(problems, problems == 1 ? "problem" : "problems");
  return text + "</div>\n";
}

std::string facts(const model::Snapshot& snapshot) {
  const model::KernelInfo& kernel = snapshot.kernel;
  std::string text;
  const auto add = [&](std::string_view name, const std::string& html) {
    if (!html.empty()) text += fmt::format("<dt>{}</dt><dd>{}</dd>\n", name, html);
  };
  add("Kernel", html_text(kernel.release.empty() ? snapshot.dump.release : kernel.release) + " " +
                    html_span("dim", kernel.version));
  add("Panic", html_text(panic_text(snapshot)));
  add("Locks", html_text(locks_text(snapshot)));
  if (kernel.crash_time > 0) add("Died", html_time(kernel.crash_time) + " UTC");
  if (kernel.uptime_ns != 0) add("Up", duration_text(kernel.uptime_ns));
  add("Host", html_text(kernel.node_name));
  if (!snapshot.cpus.empty()) add("CPUs", std::to_string(snapshot.cpus.size()));
  add("Tainted", html_text(kernel.taint_flags));
  add("Command line", html_code(kernel.command_line));
  add("Dump", html_code(snapshot.dump.path) + " " + html_span("dim", dump_text(snapshot.dump)));
  add("Debuginfo", html_code(snapshot.debuginfo.path) + " " +
                       html_span("dim", debuginfo_text(snapshot.debuginfo)));
  return "<dl class=\"facts\">\n" + text + "</dl>\n";
}

std::string findings(const model::Report& report, const RuleTexts& rules) {
  if (report.findings.empty()) return "<p class=\"empty\">Nothing found.</p>\n";
  std::string text;
  for (size_t i = 0; i < report.findings.size(); ++i) {
    text += html_finding(report, i, rules, i == 0);
  }
  return text;
}

std::string problems(const model::Problems& problems) {
  if (problems.all().empty()) return {};
  HtmlTable table("problem-table", "What could not be read, and what that costs the report",
                  {{"Structure"}, {"Address"}, {"Reason"}, {"Consequence"}, {"Times", true}});
  for (const model::Problem& problem : problems.all()) {
    table.add({HtmlCell::code(problem.structure),
               HtmlCell::word(problem.address == 0 ? "" : hex_address(problem.address)),
               HtmlCell::text(problem.reason), HtmlCell::text(problem.consequence),
               HtmlCell::number(problem.count)});
  }
  return table.html();
}

std::string softirqs(const model::Snapshot& snapshot) {
  if (snapshot.softirqs.empty()) return {};
  HtmlTable table("softirq-table", "Softirq vectors",
                  {{"Vector", true}, {"Name"}, {"Action"}, {"Pending on CPU"}});
  for (const model::Softirq& softirq : snapshot.softirqs) {
    std::string pending;
    for (const model::Cpu& cpu : snapshot.cpus) {
      if (softirq.vector >= 32 || (cpu.softirq_pending >> softirq.vector & 1U) == 0) continue;
      pending += fmt::format("{}{}", pending.empty() ? "" : ", ", cpu.number);
    }
    const std::string action = softirq.action == 0             ? "none"
                               : softirq.action_symbol.empty() ? hex_address(softirq.action)
                                                               : softirq.action_symbol;
    table.add({HtmlCell::number(softirq.vector), HtmlCell::code(softirq.name),
               HtmlCell::code(action), HtmlCell::text(pending)});
  }
  return table.html();
}

std::string modules(const model::Snapshot& snapshot) {
  if (snapshot.modules.empty()) return {};
  HtmlTable table("module-table", "Modules",
                  {{"Module"}, {"Size", true}, {"Base"}, {"State"}, {"Taints"}});
  for (const model::Module& module : snapshot.modules) {
    table.add({HtmlCell::code(module.name), HtmlCell::number(module.size),
               HtmlCell::word(hex_address(module.base)), HtmlCell::text(module.state),
               HtmlCell::text(module.taints)});
  }
  return table.html();
}

std::vector<Section> sections(const model::Report& report, const RuleTexts& rules) {
  const model::Snapshot& snapshot = report.snapshot;
  return {
      {"findings", "Findings",
       "<div class=\"fold-all\"></div><h2>Findings</h2>\n" + findings(report, rules),
       report.findings.size()},
      {"waits", "Who waits for whom", html_wait_graph(snapshot), 0},
      {"locks-held", "Locks", html_lock_table(snapshot), 0},
      {"order", "Lock order", html_order_graph(report), 0},
      {"cpus", "CPUs", html_cpus(snapshot), snapshot.cpus.size()},
      {"task-list", "Tasks", html_tasks(report), snapshot.tasks.size()},
      {"lockdep", "lockdep", html_lockdep_tables(snapshot.lockdep), 0},
      {"softirqs", "Softirqs", softirqs(snapshot), 0},
      {"modules", "Modules", modules(snapshot), snapshot.modules.size()},
      {"problems", "Problems", problems(snapshot.problems), snapshot.problems.all().size()},
  };
}

std::string navigation(const std::vector<Section>& all) {
  std::string text = "<nav aria-label=\"Sections\"><ul>\n";
  for (const Section& section : all) {
    if (section.html.empty()) continue;
    text += fmt::format("<li><a href=\"#{}\">{}</a>", section.id, section.title);
    if (section.count != 0) text += fmt::format(" <span class=\"count\">{}</span>", section.count);
    text += "</li>\n";
  }
  return text + "</ul></nav>\n";
}

// What one line says of the dump: what was found first, else that nothing was.
std::string headline(const model::Report& report) {
  return report.findings.empty() ? "Nothing found" : report.findings.front().title;
}

}  // namespace

std::string report_html(const model::Report& report, const RuleTexts& rules) {
  const std::vector<Section> all = sections(report, rules);
  std::string body = fmt::format(
      "<header><div class=\"brand\">kmortem</div>\n<h1>{}</h1>\n{}{}</header>\n{}<main>\n",
      html_text(headline(report)), figures(report), facts(report.snapshot), navigation(all));
  for (const Section& section : all) {
    if (section.html.empty()) continue;
    const std::string heading =
        section.id == "findings" ? "" : fmt::format("<h2>{}</h2>\n", section.title);
    body += fmt::format("<section id=\"{}\">{}{}</section>\n", section.id, heading, section.html);
  }
  body += fmt::format(
      "</main>\n<footer>Made by kmortem {}. Nothing here is loaded from elsewhere.</footer>\n",
      KMORTEM_VERSION);
  const std::string& name = report.snapshot.dump.path;
  return html_page("kmortem: " + (name.empty() ? "vmcore" : name), body);
}

}  // namespace kmortem::report
