// SPDX-License-Identifier: GPL-3.0-or-later
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "checks/registry.h"
#include "cli/commands.h"
#include "cli/dump_command.h"
#include "cli/log_text_command.h"
#include "cli/print_report.h"
#include "model/report.h"
#include "postmortem/source_lines.h"

namespace kmortem::cli {

namespace {

struct AnalyzeOptions {
  DumpOptions dump;
  bool no_memory_scan = false;
  std::string log;
};

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
  parts.without_orc = options.dump.without_orc;
  return run_on_dump(options.dump, parts, [&](DumpRun& run) {
    model::Report report;
    {
      const PhaseTimer timer(run.times, "checks");
      report.findings = checks::run_checks(run.snapshot);
    }
    report.snapshot = std::move(run.snapshot);
    add_lines(report, run, options.dump);
    const PhaseTimer timer(run.times, "print");
    const int exit_code = report.findings.empty() ? kClean : kFindings;
    return DumpAnswer{print_report(std::move(report), options.dump), exit_code};
  });
}

}  // namespace

void add_analyze(CLI::App& app, Invocation& invocation) {
  auto* command =
      app.add_subcommand("analyze", "The whole post-mortem: summary, findings, evidence");
  auto options = std::make_shared<AnalyzeOptions>();
  add_dump_options(*command, options->dump, {"text", "json", "html", "sarif"});
  add_redact_option(*command, options->dump);
  add_without_orc_option(*command, options->dump);
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
