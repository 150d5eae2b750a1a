// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/html_finding.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/hex.h"
#include "report/html_badges.h"
#include "report/html_stack.h"
#include "report/html_table.h"
#include "report/html_text.h"

namespace kmortem::report {

namespace {

using model::Evidence;
using model::Finding;

std::string head(const Finding& finding) {
  return fmt::format(
      "<summary><span class=\"head\">{}<code class=\"rule\">{}</code>{}</span>"
      "<span class=\"title\">{}</span></summary>\n",
      severity_badge(finding.severity), html_text(finding.rule), grade_badge(finding.grade),
      html_text(finding.title));
}

std::string follows(const model::Report& report, const Finding& finding) {
  if (!finding.consequence_of || *finding.consequence_of >= report.findings.size()) return {};
  const Finding& cause = report.findings[*finding.consequence_of];
  return fmt::format("<p class=\"follows\">Follows from <a href=\"#finding-{}\">{}</a>: {}</p>\n",
                     *finding.consequence_of + 1, html_text(cause.rule), html_text(cause.title));
}

std::string fix(const Finding& finding) {
  if (finding.remedy.empty()) return {};
  return fmt::format("<div class=\"fix\"><b>Fix</b>{}</div>\n", html_text(finding.remedy));
}

std::string stacks(const Finding& finding) {
  std::string text;
  for (const Evidence& evidence : finding.evidence) {
    if (evidence.stack.empty()) continue;
    text += fmt::format("<div class=\"stack\"><p>{}</p>\n{}</div>\n", html_text(evidence.text),
                        html_stack(evidence.stack));
  }
  return text;
}

std::string facts(const Finding& finding) {
  std::string text;
  for (const Evidence& evidence : finding.evidence) {
    if (!evidence.stack.empty()) continue;
    text += fmt::format("<li>{}", html_text(evidence.text));
    if (evidence.address) text += " " + html_code("at " + hex_address(*evidence.address));
    text += "</li>\n";
  }
  return text.empty() ? "" : "<h3>Evidence</h3>\n<ul class=\"evidence\">\n" + text + "</ul>\n";
}

std::string locks(const Finding& finding, const std::string& id) {
  if (finding.locks.empty()) return {};
  HtmlTable table("locks-of-" + id, "Locks of this finding",
                  {{"Lock"}, {"Type"}, {"Class"}, {"Address"}});
  for (const model::LockRef& lock : finding.locks) {
    table.add({HtmlCell::code(lock.symbol.empty() ? lock.name : lock.symbol),
               HtmlCell::text(lock.type), HtmlCell::code(lock.lock_class),
               HtmlCell::word(lock.address == 0 ? "" : hex_address(lock.address))});
  }
  return "<h3>Locks</h3>\n" + table.html();
}

std::string tasks(const Finding& finding, const std::string& id) {
  if (finding.tasks.empty()) return {};
  HtmlTable table("tasks-of-" + id, "Tasks of this finding",
                  {{"Task"}, {"PID", true}, {"Role"}, {"CPU", true}, {"task_struct"}});
  for (const model::TaskRef& task : finding.tasks) {
    table.add(
        {HtmlCell::code(task.comm), HtmlCell::text(std::to_string(task.pid)),
         HtmlCell::text(task.role == model::Role::owner ? "owner" : "waiter"),
         task.cpu < 0 ? HtmlCell{"", "-1"} : HtmlCell::number(static_cast<uint64_t>(task.cpu)),
         HtmlCell::word(task.address == 0 ? "" : hex_address(task.address))});
  }
  return "<h3>Tasks</h3>\n" + table.html();
}

std::string about(const Finding& finding, const RuleTexts& rules) {
  const auto rule = std::ranges::find(rules, finding.rule, &RuleText::name);
  if (rule == rules.end()) return {};
  return fmt::format(
      "<details class=\"about\"><summary>About the rule {}</summary><div>{}<pre>{}</pre>\n{}</div>"
      "</details>\n",
      html_code(finding.rule), html_paragraphs(rule->meaning), html_text(rule->example, true),
      html_paragraphs(rule->fix));
}

}  // namespace

std::string html_finding(const model::Report& report, size_t index, const RuleTexts& rules,
                         bool open) {
  const Finding& finding = report.findings[index];
  const std::string id = fmt::format("finding-{}", index + 1);
  std::string text = fmt::format("<details class=\"finding {}\" id=\"{}\"{}>\n",
                                 severity_word(finding.severity), id, open ? " open" : "");
  text += head(finding) + "<div class=\"body\">\n";
  text += follows(report, finding) + html_paragraphs(finding.explanation) + fix(finding);
  text += stacks(finding) + facts(finding) + locks(finding, id) + tasks(finding, id);
  if (!finding.signature.empty()) {
    text += fmt::format("<p class=\"signature\"><span class=\"dim\">Signature </span>{}</p>\n",
                        html_code(finding.signature));
  }
  return text + about(finding, rules) + "</div></details>\n";
}

}  // namespace kmortem::report
