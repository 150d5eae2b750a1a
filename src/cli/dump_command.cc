// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/dump_command.h"

#include <utility>

#include "cli/needed_paths.h"
#include "cli/output.h"

namespace kmortem::cli {

namespace {

int unusable(const Error& error) {
  print_error(error.message);
  return kUnusable;
}

}  // namespace

int run_on_dump(const DumpOptions& options, const postmortem::SnapshotParts& parts,
                const std::function<Result<DumpAnswer>(DumpRun&)>& answer) {
  PhaseTimes times;
  DumpRun run;
  run.times = options.perf ? &times : nullptr;

  auto opened = postmortem::open_dump(options.request(run.times));
  if (!opened) return unusable(opened.error());
  run.opened = std::move(*opened);
  // What comes now is the dump's content: it needs no network, and writes only what was asked for.
  run.confinement = confine(paths_needed(options, run.opened));
  run.snapshot = postmortem::read_snapshot(run.opened, parts, run.times);

  auto answered = answer(run);
  if (!answered) return unusable(answered.error());
  if (auto written = write_output(answered->text, options.output); !written) {
    return unusable(written.error());
  }
  {
    const PhaseTimer timer(run.times, "cache");
    auto saved = run.opened.debuginfo->save_cache();
    if (!saved && options.verbose) print_error(saved.error().message);
  }
  if (options.perf) print_times(times);
  return answered->exit_code;
}

}  // namespace kmortem::cli
