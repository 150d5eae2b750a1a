// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "postmortem/open_dump.h"

namespace kmortem::cli {

/// Exit codes, part of the command line's contract.
inline constexpr int kClean = 0;
inline constexpr int kFindings = 1;
inline constexpr int kUsage = 2;
inline constexpr int kUnusable = 3;

/// The options that every command on a dump takes.
struct DumpOptions {
  std::vector<std::string> vmcores;  ///< one, or the parts of a split dump
  std::vector<std::string> parts;    ///< --part
  std::string vmlinux;
  std::string profile;
  std::vector<std::string> debug_dirs;
  std::string modules_dir;
  std::string format = "text";
  std::string output;
  bool perf = false;
  bool no_cache = false;
  bool verbose = false;
  bool redact = false;        ///< leave out whose machine it was
  bool infer_owners = false;  ///< where a command has it
  bool without_orc = false;   ///< the same

  postmortem::OpenRequest request(PhaseTimes* times) const;
};

/// Adds VMCORE... and the common options. VMCORE takes further arguments only where they are dump
/// files, so that a command's own arguments can follow: "show PART1 PART2 TYPE WHERE". `formats`
/// are the values that --format accepts.
void add_dump_options(CLI::App& command, DumpOptions& options,
                      const std::vector<std::string>& formats);

/// Adds --redact, for commands that print names of hosts, processes and files.
void add_redact_option(CLI::App& command, DumpOptions& options);

/// Adds --without-orc, which is not in --help: how stacks of kernels without ORC tables are
/// followed is a test's business.
void add_without_orc_option(CLI::App& command, DumpOptions& options);

/// What a command line asks for; set by the command's callback while parsing.
struct Invocation {
  std::function<int()> run;
};

}  // namespace kmortem::cli
