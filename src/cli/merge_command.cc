// SPDX-License-Identifier: GPL-3.0-or-later
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/output.h"
#include "scan/merge.h"

namespace kmortem::cli {

namespace {

struct MergeOptions {
  std::string into;
  std::vector<std::string> from;
};

int merge(const MergeOptions& options) {
  if (auto merged = scan::merge_databases(options.into, options.from); !merged) {
    print_error(merged.error().message);
    return kUnusable;
  }
  return kClean;
}

}  // namespace

void add_merge(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand("merge", "Several scans' databases become one");
  auto options = std::make_shared<MergeOptions>();
  command->add_option("OUT", options->into, "The database to add to, made if it is not there")
      ->required();
  command->add_option("IN", options->from, "Databases of \"kmortem scan\"")->required();
  command->callback(
      [&invocation, options] { invocation.run = [options] { return merge(*options); }; });
}

}  // namespace kmortem::cli
