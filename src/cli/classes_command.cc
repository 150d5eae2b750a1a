// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/core.h>

#include <memory>

#include "cli/commands.h"
#include "cli/dump_command.h"
#include "cli/output.h"
#include "report/classes.h"
#include "report/proc_lock_stat.h"
#include "report/proc_lockdep.h"
#include "report/proc_lockdep_chains.h"
#include "report/proc_lockdep_stats.h"

namespace kmortem::cli {

namespace {

struct ClassesOptions {
  DumpOptions dump;
  std::string proc;
};

std::string print(const model::Snapshot& snapshot, const ClassesOptions& options) {
  if (options.proc == "lockdep") return report::proc_lockdep(snapshot.lockdep);
  if (options.proc == "lockdep_chains") return report::proc_lockdep_chains(snapshot.lockdep);
  if (options.proc == "lockdep_stats") return report::proc_lockdep_stats(snapshot.lockdep);
  if (options.proc == "lock_stat") return report::proc_lock_stat(snapshot);
  const bool json = options.dump.format == "json";
  return json ? report::classes_json(snapshot)
              : report::classes_text(snapshot, text_options(options.dump));
}

int classes(const ClassesOptions& options) {
  postmortem::SnapshotParts parts;
  parts.lockdep = true;
  parts.modules = true;
  parts.lock_statistics = options.proc == "lock_stat";
  return run_on_dump(options.dump, parts, [&](DumpRun& run) -> Result<DumpAnswer> {
    if (!run.snapshot.lockdep.present) {
      return fail(
          fmt::format("{}: this kernel was built without lockdep (CONFIG_LOCKDEP): it has "
                      "no lock classes",
                      options.dump.vmcores.front()));
    }
    if (options.proc == "lock_stat" && run.snapshot.lock_statistics.empty()) {
      return fail(
          fmt::format("{}: this kernel was built without CONFIG_LOCK_STAT: it counted "
                      "nothing",
                      options.dump.vmcores.front()));
    }
    return DumpAnswer{print(run.snapshot, options)};
  });
}

}  // namespace

void add_classes(CLI::App& app, Invocation& invocation) {
  auto* command =
      app.add_subcommand("classes", "Lock classes, or what a /proc file would have said");
  auto options = std::make_shared<ClassesOptions>();
  add_dump_options(*command, options->dump, {"text", "json"});
  command->add_option("--proc", options->proc, "Print what this file of /proc would have said")
      ->check(CLI::IsMember({"lockdep", "lockdep_chains", "lockdep_stats", "lock_stat"}));
  command->callback(
      [&invocation, options] { invocation.run = [options] { return classes(*options); }; });
}

}  // namespace kmortem::cli
