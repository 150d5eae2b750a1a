// SPDX-License-Identifier: GPL-3.0-or-later
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "checks/registry.h"
#include "cli/commands.h"
#include "cli/dump_command.h"
#include "cli/log_text_command.h"
#include "cli/output.h"
#include "model/report.h"
#include "postmortem/source_lines.h"
#include "report/json.h"
#include "report/text.h"

namespace kmortem::cli {

namespace {

struct AnalyzeOptions {
  DumpOptions dump;
  bool no_memory_scan = false;
  std::string log;
};

std::string print(const model::Report& report, const DumpOptions& options) {
  if (options.format == "json") return report::report_json(report);
  return report::report_text(report, text_options(options));
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
    {
      const PhaseTimer timer(run.times, "source lines");
      std::vector<std::string> folders;
      if (!options.dump.modules_dir.empty()) folders.push_back(options.dump.modules_dir);
      postmortem::add_source_lines(report, run.opened, std::move(folders));
    }
    const PhaseTimer timer(run.times, "print");
    return DumpAnswer{print(report, options.dump), report.findings.empty() ? kClean : kFindings};
  });
}

}  // namespace

void add_analyze(CLI::App& app, Invocation& invocation) {
  auto* command =
      app.add_subcommand("analyze", "The whole post-mortem: summary, findings, evidence");
  auto options = std::make_shared<AnalyzeOptions>();
  add_dump_options(*command, options->dump, {"text", "json"});
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
