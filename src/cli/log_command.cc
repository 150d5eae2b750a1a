// SPDX-License-Identifier: GPL-3.0-or-later
#include <memory>
#include <utility>

#include "cli/commands.h"
#include "cli/dump_command.h"
#include "report/log.h"
#include "report/redact.h"

namespace kmortem::cli {

namespace {

int log(const DumpOptions& options) {
  postmortem::SnapshotParts parts;
  parts.log = true;
  parts.tasks = options.redact;  // which names are kernel threads'
  return run_on_dump(options, parts, [&](DumpRun& run) {
    if (options.redact) run.snapshot = report::redacted(std::move(run.snapshot));
    const bool json = options.format == "json";
    return DumpAnswer{json ? report::log_json(run.snapshot)
                           : report::log_text(run.snapshot, options.verbose)};
  });
}

}  // namespace

void add_log(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand("log", "The kernel's log");
  auto options = std::make_shared<DumpOptions>();
  add_dump_options(*command, *options, {"text", "json"});
  add_redact_option(*command, *options);
  command->callback(
      [&invocation, options] { invocation.run = [options] { return log(*options); }; });
}

}  // namespace kmortem::cli
