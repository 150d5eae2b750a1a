// SPDX-License-Identifier: GPL-3.0-or-later
#include <memory>

#include "cli/commands.h"
#include "cli/dump_command.h"
#include "cli/output.h"
#include "report/aliases.h"

namespace kmortem::cli {

namespace {

int aliases(const DumpOptions& options) {
  postmortem::SnapshotParts parts;
  parts.lockdep = true;
  parts.memory_scan = true;
  parts.modules = true;
  return run_on_dump(options, parts, [&](DumpRun& run) {
    const bool json = options.format == "json";
    return DumpAnswer{json ? report::aliases_json(run.snapshot, options.verbose)
                           : report::aliases_text(run.snapshot, text_options(options))};
  });
}

}  // namespace

void add_aliases(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand(
      "aliases", "Keys shared by differently named locks; maps whose cached class is another's");
  auto options = std::make_shared<DumpOptions>();
  add_dump_options(*command, *options, {"text", "json"});
  command->callback(
      [&invocation, options] { invocation.run = [options] { return aliases(*options); }; });
}

}  // namespace kmortem::cli
