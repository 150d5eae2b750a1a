// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/core.h>

#include <memory>
#include <string>

#include "checks/explain.h"
#include "checks/registry.h"
#include "cli/commands.h"
#include "cli/output.h"

namespace kmortem::cli {

namespace {

struct ExplainOptions {
  std::string rule;
  bool names = false;
};

std::string all_names() {
  std::string text;
  for (const checks::Explanation& each : checks::explanations()) {
    text += fmt::format("{}\n", each.rule);
  }
  return text;
}

std::string overview() {
  std::string text;
  for (const checks::Explanation& each : checks::explanations()) {
    const checks::Rule* rule = checks::find_rule(each.rule);
    text += fmt::format("{:<20} {}\n", each.rule,
                        rule == nullptr ? "(not checked by this version yet)" : rule->summary);
  }
  return text;
}

int explain(const ExplainOptions& options) {
  std::string text;
  if (options.names) {
    text = all_names();
  } else if (options.rule.empty()) {
    text = overview();
  } else if (const checks::Explanation* page = checks::find_explanation(options.rule)) {
    text = checks::explain_text(*page);
  } else {
    print_error(
        fmt::format("there is no rule \"{}\"; \"kmortem explain\" lists them", options.rule));
    return kUsage;
  }
  if (auto written = write_output(text, ""); !written) {
    print_error(written.error().message);
    return kUnusable;
  }
  return kClean;
}

}  // namespace

void add_explain(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand("explain", "What a rule means, an example, the usual fix");
  auto options = std::make_shared<ExplainOptions>();
  command->add_option("RULE", options->rule, "Without it, all rules, a line each");
  command->add_flag("--names", options->names, "Only the rules' names");
  command->callback(
      [&invocation, options] { invocation.run = [options] { return explain(*options); }; });
}

}  // namespace kmortem::cli
