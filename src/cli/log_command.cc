// SPDX-License-Identifier: GPL-3.0-or-later
#include <memory>
#include <utility>

#include "cli/commands.h"
#include "cli/dump_command.h"
#include "cli/log_text_command.h"
#include "cli/output.h"
#include "postmortem/log_file.h"
#include "report/log.h"
#include "report/redact.h"
#include "report/splats.h"

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

struct LogOptions {
  DumpOptions dump;
  bool splats = false;
};

// A text log has the kernel's reports, and nothing else to say.
int splats(const DumpOptions& options) {
  if (options.vmcores.size() == 1 && postmortem::is_log_file(options.vmcores.front())) {
    return print_log_splats(options.vmcores.front(), options);
  }
  postmortem::SnapshotParts parts;
  parts.log = parts.tasks = parts.lockdep = true;
  return run_on_dump(options, parts, [&](DumpRun& run) {
    if (options.redact) run.snapshot = report::redacted(std::move(run.snapshot));
    const auto& found = run.snapshot.splats;
    return DumpAnswer{options.format == "json" ? report::splats_json(found)
                                               : report::splats_text(found, text_options(options))};
  });
}

}  // namespace

void add_log(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand("log", "The kernel's log");
  auto options = std::make_shared<LogOptions>();
  add_dump_options(*command, options->dump, {"text", "json"});
  add_redact_option(*command, options->dump);
  command->add_flag("--splats", options->splats,
                    "The kernel's own reports about locks and stalls, taken apart; VMCORE may be "
                    "a text log");
  command->callback([&invocation, options] {
    invocation.run = [options] {
      return options->splats ? splats(options->dump) : log(options->dump);
    };
  });
}

}  // namespace kmortem::cli
