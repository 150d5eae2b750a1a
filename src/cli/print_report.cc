// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/print_report.h"

#include <string_view>
#include <utility>

#include "checks/explain.h"
#include "checks/registry.h"
#include "cli/output.h"
#include "report/html.h"
#include "report/json.h"
#include "report/redact.h"
#include "report/sarif.h"
#include "report/text.h"

namespace kmortem::cli {

report::RuleTexts rule_texts() {
  report::RuleTexts texts;
  for (const checks::Explanation& each : checks::explanations()) {
    const checks::Rule* rule = checks::find_rule(each.rule);
    const std::string summary(rule == nullptr ? std::string_view() : rule->summary);
    texts.push_back({std::string(each.rule), summary, std::string(each.meaning),
                     std::string(each.example), std::string(each.fix)});
  }
  return texts;
}

std::string print_report(model::Report report, const DumpOptions& options) {
  if (options.redact) report = report::redacted(std::move(report));
  if (options.format == "json") return report::report_json(report);
  if (options.format == "html") return report::report_html(report, rule_texts());
  if (options.format == "sarif") return report::report_sarif(report, rule_texts());
  return report::report_text(report, text_options(options));
}

}  // namespace kmortem::cli
