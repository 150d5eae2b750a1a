// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <CLI/CLI.hpp>

#include "cli/options.h"

namespace kmortem::cli {

/// Parses the command line, runs the command, returns the exit code.
int run(int argc, char** argv);

// One function a command, each in its own file: adds the subcommand to `app`; parsing it sets
// `invocation`.
void add_analyze(CLI::App& app, Invocation& invocation);
void add_locks(CLI::App& app, Invocation& invocation);
void add_classes(CLI::App& app, Invocation& invocation);
void add_aliases(CLI::App& app, Invocation& invocation);
void add_graph(CLI::App& app, Invocation& invocation);
void add_softirqs(CLI::App& app, Invocation& invocation);
void add_bt(CLI::App& app, Invocation& invocation);
void add_show(CLI::App& app, Invocation& invocation);
void add_log(CLI::App& app, Invocation& invocation);
void add_info(CLI::App& app, Invocation& invocation);
void add_explain(CLI::App& app, Invocation& invocation);
void add_profile(CLI::App& app, Invocation& invocation);
void add_scan(CLI::App& app, Invocation& invocation);
void add_merge(CLI::App& app, Invocation& invocation);

}  // namespace kmortem::cli
