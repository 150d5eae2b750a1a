// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/scan_html.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

#include "report/html_badges.h"
#include "report/html_page.h"
#include "report/html_table.h"
#include "report/html_text.h"
#include "report/layout.h"

namespace kmortem::report {

namespace {

using model::ScanDump;
using model::ScanIndex;
using model::ScanOutcome;
using model::ScanSignature;

// A bug that thousands of dumps share names this many of them; the table of dumps has all.
constexpr size_t kNamedDumps = 50;
constexpr size_t kNamedKernels = 3;

std::string_view outcome_word(ScanOutcome outcome) {
  switch (outcome) {
    case ScanOutcome::clean:
      return "clean";
    case ScanOutcome::findings:
      return "findings";
    case ScanOutcome::log_only:
      return "log only";
    case ScanOutcome::failed:
      return "failed";
  }
  return "failed";
}

std::string_view outcome_kind(ScanOutcome outcome) {
  switch (outcome) {
    case ScanOutcome::clean:
      return "clean";
    case ScanOutcome::findings:
      return "found";
    case ScanOutcome::log_only:
      return "partial";
    case ScanOutcome::failed:
      return "failed";
  }
  return "failed";
}

std::string dump_link(const ScanDump& dump) {
  if (dump.report.empty()) return html_code(dump.path);
  return fmt::format("<a href=\"{}\">{}</a>", html_href(dump.report), html_code(dump.path));
}

std::string some_of(const std::vector<std::string>& names, size_t shown) {
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), shown); ++i) {
    text += (i == 0 ? "" : "<br>") + html_word(names[i]);
  }
  if (names.size() > shown) text += fmt::format("<br>and {} more", names.size() - shown);
  return text;
}

std::string named_dumps(const ScanIndex& index, const ScanSignature& bug) {
  std::string text = "<ul class=\"dumps\">\n";
  size_t named = 0;
  for (const size_t place : bug.dumps) {
    if (place >= index.dumps.size()) continue;
    if (named++ == kNamedDumps) break;
    const ScanDump& dump = index.dumps[place];
    text += fmt::format("<li>{} <span class=\"dim\">{}</span></li>\n", dump_link(dump),
                        html_time(dump.crash_time));
  }
  text += "</ul>\n";
  if (bug.dumps.size() > kNamedDumps) {
    text += fmt::format("<p class=\"dim\">and {} more dumps</p>\n", bug.dumps.size() - kNamedDumps);
  }
  return text;
}

std::string bug_text(const ScanIndex& index, const ScanSignature& bug) {
  std::string text = "<details><summary>";
  if (bug.is_new) text += "<span class=\"badge new\">new</span> ";
  text += fmt::format("{}<div class=\"signature\">{}</div></summary>\n{}", html_text(bug.title),
                      html_code(bug.signature), named_dumps(index, bug));
  if (!bug.hosts.empty()) {
    text += "<p>On ";
    for (size_t i = 0; i < bug.hosts.size() && i < kNamedDumps; ++i) {
      text += (i == 0 ? "" : ", ") + html_code(bug.hosts[i]);
    }
    if (bug.hosts.size() > kNamedDumps) {
      text += fmt::format(" and {} more hosts", bug.hosts.size() - kNamedDumps);
    }
    text += "</p>\n";
  }
  return text + "</details>";
}

std::string bugs_section(const ScanIndex& index) {
  if (index.signatures.empty()) return "<p class=\"empty\">No dump has a finding.</p>\n";
  HtmlTable table("bugs", "Bugs, the worst first",
                  {{"Severity"},
                   {"Rule"},
                   {"Bug"},
                   {"Dumps", true},
                   {"Findings", true},
                   {"Kernels"},
                   {"Hosts", true},
                   {"First seen"},
                   {"Last seen"}});
  for (const ScanSignature& bug : index.signatures) {
    table.add({{severity_badge(bug.severity), std::to_string(static_cast<int>(bug.severity))},
               {html_word(bug.rule) + "<br>" + grade_badge(bug.grade), bug.rule},
               {bug_text(index, bug), bug.title},
               HtmlCell::number(bug.dumps.size()),
               HtmlCell::number(bug.findings),
               {some_of(bug.kernels, kNamedKernels), std::to_string(bug.kernels.size())},
               HtmlCell::count(bug.hosts.size()),
               HtmlCell::time(bug.first_seen),
               HtmlCell::time(bug.last_seen)});
  }
  return table.html();
}

std::string dumps_section(const ScanIndex& index) {
  if (index.dumps.empty()) return "<p class=\"empty\">No dump was found.</p>\n";
  HtmlTable table("dumps", "Every dump, and what became of it",
                  {{"Dump"},
                   {"Outcome"},
                   {"Kernel"},
                   {"Host"},
                   {"Died"},
                   {"Panic"},
                   {"Errors", true},
                   {"Warnings", true},
                   {"Notes", true}});
  for (const ScanDump& dump : index.dumps) {
    std::string outcome = fmt::format("<span class=\"outcome {}\">{}</span>",
                                      outcome_kind(dump.outcome), outcome_word(dump.outcome));
    if (!dump.reason.empty()) outcome += "<br>" + html_span("dim", dump.reason);
    table.add({{dump_link(dump), dump.path},
               {outcome, std::string(outcome_word(dump.outcome))},
               HtmlCell::word(dump.kernel),
               HtmlCell::text(dump.host),
               HtmlCell::time(dump.crash_time),
               HtmlCell::text(dump.panic),
               HtmlCell::count(dump.errors),
               HtmlCell::count(dump.warnings),
               HtmlCell::count(dump.notes)});
  }
  return table.html();
}

// Dumps and bugs by something that a dump has one of: its kernel, its host.
std::string grouped(const ScanIndex& index, const std::string& id, const std::string& title,
                    std::string ScanDump::* of) {
  std::map<std::string, std::pair<size_t, std::set<size_t>>> groups;
  for (const ScanDump& dump : index.dumps) ++groups[dump.*of].first;
  for (size_t bug = 0; bug < index.signatures.size(); ++bug) {
    for (const size_t place : index.signatures[bug].dumps) {
      if (place < index.dumps.size()) groups[index.dumps[place].*of].second.insert(bug);
    }
  }
  HtmlTable table(id, "Dumps and bugs by " + id, {{title}, {"Dumps", true}, {"Bugs", true}});
  for (const auto& [name, group] : groups) {
    table.add({HtmlCell::code(name.empty() ? "unknown" : name), HtmlCell::number(group.first),
               HtmlCell::count(group.second.size())});
  }
  return groups.empty() ? "" : table.html();
}

size_t count_of(const ScanIndex& index, ScanOutcome outcome) {
  return static_cast<size_t>(std::ranges::count_if(
      index.dumps, [&](const ScanDump& dump) { return dump.outcome == outcome; }));
}

std::string figures(const ScanIndex& index) {
  const auto fresh =
      std::ranges::count_if(index.signatures, [](const ScanSignature& bug) { return bug.is_new; });
  std::string text = "<div class=\"figures\">\n";
  text += headline_figure(index.dumps.size(), index.dumps.size() == 1 ? "dump" : "dumps");
  text += headline_figure(index.signatures.size(), index.signatures.size() == 1 ? "bug" : "bugs",
                          index.signatures.empty() ? "" : "error");
  if (fresh != 0) text += headline_figure(static_cast<uint64_t>(fresh), "new", "warning");
  text += headline_figure(count_of(index, ScanOutcome::clean), "clean");
  const size_t log_only = count_of(index, ScanOutcome::log_only);
  if (log_only != 0) text += headline_figure(log_only, "log only");
  const size_t failed = count_of(index, ScanOutcome::failed);
  if (failed != 0) text += headline_figure(failed, "failed", "warning");
  return text + "</div>\n";
}

std::string section(std::string_view id, std::string_view title, const std::string& content) {
  if (content.empty()) return {};
  return fmt::format("<section id=\"section-{}\"><h2>{}</h2>\n{}</section>\n", id, title, content);
}

}  // namespace

std::string scan_html(const ScanIndex& index) {
  std::string body = fmt::format(
      "<header><div class=\"brand\">kmortem scan</div>\n<h1>{}</h1>\n{}{}</header>\n<main>\n",
      html_text(index.title),
      index.made_at == 0 ? "" : "<p class=\"dim\">as of " + html_time(index.made_at) + " UTC</p>\n",
      figures(index));
  body += section("bugs", "Bugs", bugs_section(index));
  body += "<div class=\"columns\">\n";
  body += section("kernels", "Kernels", grouped(index, "kernels", "Kernel", &ScanDump::kernel));
  body += section("hosts", "Hosts", grouped(index, "hosts", "Host", &ScanDump::host));
  body += "</div>\n";
  body += section("dumps", "Dumps", dumps_section(index));
  return html_page("kmortem: " + index.title, body + "</main>\n");
}

}  // namespace kmortem::report
