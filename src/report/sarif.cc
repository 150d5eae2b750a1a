// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/sarif.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "base/hex.h"
#include "report/grade_text.h"
#include "report/html_badges.h"
#include "report/json_parts.h"
#include "report/printable.h"
#include "report/sarif_locations.h"

namespace kmortem::report {

namespace {

constexpr const char* kSchema =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

Json message(const std::string& text) {
  return {{"text", printable(text, true)}};
}

Json rule_json(const RuleText& rule) {
  Json json = {{"id", rule.name}, {"name", rule.name}};
  if (!rule.summary.empty()) json["shortDescription"] = message(rule.summary);
  if (!rule.meaning.empty()) {
    json["fullDescription"] = message(rule.meaning);
    json["help"] = {
        {"text", fmt::format("{}\n\nExample\n\n{}\n\nUsual fix\n\n{}\n", rule.meaning, rule.example,
                             rule.fix)},
        {"markdown", fmt::format("{}\n\n**Example**\n\n```c\n{}\n```\n\n**Usual fix**\n\n{}\n",
                                 rule.meaning, rule.example, rule.fix)}};
  }
  return json;
}

// A finding's rule is described even when nobody said what it means.
RuleTexts rules_of(const model::Report& report, const RuleTexts& rules) {
  RuleTexts all = rules;
  std::set<std::string> known;
  for (const RuleText& rule : rules) known.insert(rule.name);
  for (const model::Finding& finding : report.findings) {
    if (known.insert(finding.rule).second) all.push_back({finding.rule, "", "", "", ""});
  }
  return all;
}

std::string result_text(const model::Finding& finding) {
  std::string text = finding.title;
  if (!finding.explanation.empty()) text += "\n\n" + finding.explanation;
  if (!finding.remedy.empty()) text += "\n\nFix: " + finding.remedy;
  return text;
}

Json properties_of(const model::Report& report, const model::Finding& finding) {
  Json json = {{"grade", grade_text(finding.grade)}, {"title", finding.title}};
  json["tasks"] = Json::array();
  for (const model::TaskRef& task : finding.tasks) {
    json["tasks"].push_back(fmt::format("{} [{}], {}", printable(task.comm), task.pid,
                                        task.role == model::Role::owner ? "owner" : "waiter"));
  }
  json["evidence"] = Json::array();
  for (const model::Evidence& evidence : finding.evidence) {
    json["evidence"].push_back(printable(evidence.text));
  }
  if (finding.consequence_of && *finding.consequence_of < report.findings.size()) {
    json["consequenceOf"] = *finding.consequence_of;
  }
  return json;
}

Json result_json(const model::Report& report, const model::Finding& finding,
                 const RuleTexts& rules) {
  const auto rule = std::ranges::find(rules, finding.rule, &RuleText::name);
  Json json = {{"ruleId", finding.rule},
               {"ruleIndex", rule - rules.begin()},
               {"level", severity_word(finding.severity)},
               {"message", message(result_text(finding))},
               {"locations", sarif_locations(report, finding)}};
  if (!finding.signature.empty()) {
    json["partialFingerprints"] = {{"kmortemSignature/v1", finding.signature}};
  }
  Json stacks = sarif_stacks(finding);
  if (!stacks.empty()) json["stacks"] = std::move(stacks);
  json["properties"] = properties_of(report, finding);
  return json;
}

Json notification(const model::Problem& problem) {
  std::string text = problem.structure;
  if (problem.address != 0) text += " at " + hex_address(problem.address);
  text += ": " + problem.reason;
  if (problem.count > 1) text += fmt::format(" ({} times)", problem.count);
  if (!problem.consequence.empty()) text += "; " + problem.consequence;
  return {{"level", "warning"}, {"message", message(text)}};
}

Json invocation(const model::Snapshot& snapshot) {
  Json json = {{"executionSuccessful", true}};
  json["toolExecutionNotifications"] = Json::array();
  for (const model::Problem& problem : snapshot.problems.all()) {
    json["toolExecutionNotifications"].push_back(notification(problem));
  }
  return json;
}

}  // namespace

std::string report_sarif(const model::Report& report, const RuleTexts& rules) {
  const RuleTexts all = rules_of(report, rules);
  Json driver = {{"name", "kmortem"}, {"version", KMORTEM_VERSION}};
  driver["rules"] = Json::array();
  for (const RuleText& rule : all) driver["rules"].push_back(rule_json(rule));
  Json run = {{"tool", {{"driver", std::move(driver)}}}};
  run["invocations"] = Json::array({invocation(report.snapshot)});
  run["originalUriBaseIds"] = {
      {kSourceRoot, {{"description", message("The source tree of the kernel that died.")}}}};
  run["results"] = Json::array();
  for (const model::Finding& finding : report.findings) {
    run["results"].push_back(result_json(report, finding, all));
  }
  run["properties"] = {{"kernel", json_kernel(report.snapshot.kernel)},
                       {"dump", json_dump(report.snapshot.dump)}};
  return json_dumped(
      {{"$schema", kSchema}, {"version", "2.1.0"}, {"runs", Json::array({std::move(run)})}});
}

}  // namespace kmortem::report
