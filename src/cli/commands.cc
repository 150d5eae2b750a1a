// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"

namespace kmortem::cli {

int run(int argc, char** argv) {
  CLI::App app(
      "A post-mortem for the Linux kernel's locks: reads a vmcore and says which lock, "
      "who held it, why, and what to change.",
      "kmortem");
  app.require_subcommand(1);
  app.set_version_flag("--version", "kmortem " KMORTEM_VERSION);

  Invocation invocation;
  add_analyze(app, invocation);
  add_locks(app, invocation);
  add_classes(app, invocation);
  add_aliases(app, invocation);
  add_graph(app, invocation);
  add_softirqs(app, invocation);
  add_bt(app, invocation);
  add_show(app, invocation);
  add_log(app, invocation);
  add_info(app, invocation);
  add_explain(app, invocation);
  add_profile(app, invocation);
  add_scan(app, invocation);
  add_merge(app, invocation);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // --help and --version come this way too, with code 0.
    return app.exit(error) == 0 ? kClean : kUsage;
  }
  return invocation.run();
}

}  // namespace kmortem::cli
