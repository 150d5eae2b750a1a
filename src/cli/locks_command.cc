// SPDX-License-Identifier: GPL-3.0-or-later
#include <memory>
#include <utility>

#include "cli/commands.h"
#include "cli/dump_command.h"
#include "cli/output.h"
#include "report/locks.h"
#include "report/redact.h"

namespace kmortem::cli {

namespace {

int locks(const DumpOptions& options) {
  postmortem::SnapshotParts parts;
  parts.tasks = true;
  parts.modules = true;
  parts.lockdep = true;
  parts.memory_scan = true;
  parts.stacks = true;
  parts.locks = true;
  parts.infer_owners = options.infer_owners;
  parts.without_orc = options.without_orc;
  return run_on_dump(options, parts, [&](DumpRun& run) {
    if (options.redact) run.snapshot = report::redacted(std::move(run.snapshot));
    const bool json = options.format == "json";
    return DumpAnswer{json ? report::locks_by_owner_json(run.snapshot)
                           : report::locks_by_owner_text(run.snapshot, text_options(options))};
  });
}

}  // namespace

void add_locks(CLI::App& app, Invocation& invocation) {
  auto* command =
      app.add_subcommand("locks", "Held locks, spinlock owners per CPU, who waits for whom");
  auto options = std::make_shared<DumpOptions>();
  add_dump_options(*command, *options, {"text", "json"});
  add_redact_option(*command, *options);
  // Not in --help: how well owners are found where the kernel keeps none is a test's business.
  command->add_flag("--infer-owners", options->infer_owners)->group("");
  add_without_orc_option(*command, *options);
  command->callback(
      [&invocation, options] { invocation.run = [options] { return locks(*options); }; });
}

}  // namespace kmortem::cli
