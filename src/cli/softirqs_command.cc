// SPDX-License-Identifier: GPL-3.0-or-later
#include <memory>

#include "cli/commands.h"
#include "cli/dump_command.h"
#include "cli/output.h"
#include "report/softirqs.h"

namespace kmortem::cli {

namespace {

int softirqs(const DumpOptions& options) {
  postmortem::SnapshotParts parts;
  parts.softirqs = true;
  parts.modules = true;
  return run_on_dump(options, parts, [&](DumpRun& run) {
    const bool json = options.format == "json";
    return DumpAnswer{json ? report::softirqs_json(run.snapshot)
                           : report::softirqs_text(run.snapshot, text_options(options))};
  });
}

}  // namespace

void add_softirqs(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand("softirqs", "Softirq vectors, names, actions, pending by CPU");
  auto options = std::make_shared<DumpOptions>();
  add_dump_options(*command, *options, {"text", "json"});
  command->callback(
      [&invocation, options] { invocation.run = [options] { return softirqs(*options); }; });
}

}  // namespace kmortem::cli
