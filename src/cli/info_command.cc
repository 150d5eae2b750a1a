// SPDX-License-Identifier: GPL-3.0-or-later
#include <memory>
#include <utility>

#include "cli/commands.h"
#include "cli/dump_command.h"
#include "cli/output.h"
#include "report/info.h"
#include "report/redact.h"

namespace kmortem::cli {

namespace {

int info(const DumpOptions& options) {
  postmortem::SnapshotParts parts;
  parts.tasks = true;
  parts.log = true;
  return run_on_dump(options, parts, [&](DumpRun& run) {
    if (options.redact) run.snapshot = report::redacted(std::move(run.snapshot));
    const bool json = options.format == "json";
    return DumpAnswer{
        json ? report::info_json(run.snapshot, run.confinement)
             : report::info_text(run.snapshot, run.confinement, text_options(options))};
  });
}

}  // namespace

void add_info(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand("info", "What the dump is, and what it lacks");
  auto options = std::make_shared<DumpOptions>();
  add_dump_options(*command, *options, {"text", "json"});
  add_redact_option(*command, *options);
  command->callback(
      [&invocation, options] { invocation.run = [options] { return info(*options); }; });
}

}  // namespace kmortem::cli
