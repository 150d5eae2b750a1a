// SPDX-License-Identifier: GPL-3.0-or-later
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "checks/explain.h"
#include "checks/registry.h"
#include "cli/commands.h"
#include "cli/dump_command.h"
#include "cli/log_text_command.h"
#include "cli/output.h"
#include "model/report.h"
#include "postmortem/source_lines.h"
#include "report/html.h"
#include "report/json.h"
#include "report/redact.h"
#include "report/sarif.h"
#include "report/text.h"

namespace kmortem::cli {

namespace {

struct AnalyzeOptions {
  DumpOptions dump;
  bool no_memory_scan = false;
  std::string log;
};

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

std::string print(const model::Report& report, const DumpOptions& options) {
  if (options.format == "json") return report::report_json(report);
  if (options.format == "html") return report::report_html(report, rule_texts());
  if (options.format == "sarif") return report::report_sarif(report, rule_texts());
  return report::report_text(report, text_options(options));
}

void add_lines(model::Report& report, DumpRun& run, const DumpOptions& options) {
  const PhaseTimer timer(run.times, "source lines");
  std::vector<std::string> folders;
  if (!options.modules_dir.empty()) folders.push_back(options.modules_dir);
  postmortem::add_source_lines(report, run.opened, folders);
  if (options.format != "html") return;
  std::vector<postmortem::ShownStack> shown;
  for (model::Cpu& cpu : report.snapshot.cpus) shown.push_back({&cpu.stack, &cpu.stack_state});
  postmortem::add_source_lines(shown, report.snapshot, run.opened, std::move(folders));
}

int analyze(const AnalyzeOptions& options) {
  auto parts = postmortem::SnapshotParts::everything();
  parts.memory_scan = !options.no_memory_scan;
  return run_on_dump(options.dump, parts, [&](DumpRun& run) {
    model::Report report;
    {
      const PhaseTimer timer(run.times, "checks");
      report.findings = checks::run_checks(run.snapshot);
    }
    report.snapshot = std::move(run.snapshot);
    add_lines(report, run, options.dump);
    const PhaseTimer timer(run.times, "print");
    if (options.dump.redact) report = report::redacted(std::move(report));
    return DumpAnswer{print(report, options.dump), report.findings.empty() ? kClean : kFindings};
  });
}

}  // namespace

void add_analyze(CLI::App& app, Invocation& invocation) {
  auto* command =
      app.add_subcommand("analyze", "The whole post-mortem: summary, findings, evidence");
  auto options = std::make_shared<AnalyzeOptions>();
  add_dump_options(*command, options->dump, {"text", "json", "html", "sarif"});
  add_redact_option(*command, options->dump);
  command->add_flag("--no-memory-scan", options->no_memory_scan,
                    "Do not look for every lock in memory");
  command->add_option("--log", options->log,
                      "Analyze this text log instead of a dump; \"-\" for standard input");
  command->get_option("VMCORE")->required(false);
  command->callback([&invocation, options] {
    if (options->log.empty() && options->dump.vmcores.empty()) {
      throw CLI::RequiredError("VMCORE or --log");
    }
    invocation.run = [options] {
      return options->log.empty() ? analyze(*options) : analyze_log(options->log, options->dump);
    };
  });
}

}  // namespace kmortem::cli
