// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/options.h"

#include "dump/dump_source.h"

namespace kmortem::cli {

namespace {

/// The first VMCORE is taken as it is, so that a misspelt one is called missing; a further one only
/// when it is a dump, or a path that can be nothing else.
std::string objection(const CLI::Option& option, const std::string& value) {
  const auto& given = option.results();
  if (given.empty() || value == given.front()) return {};
  if (value.find('/') != std::string::npos || dump::names_a_dump(value)) return {};
  return value + " is no dump";
}

void add_vmcore(CLI::App& command, DumpOptions& options) {
  auto* vmcore = command.add_option("VMCORE", options.vmcores,
                                    "The dump: ELF or kdump, flattened or not, packed or not, "
                                    "\"-\" for standard input; of a split dump its parts");
  vmcore->required()->type_size(1)->allow_extra_args();
  vmcore->check([vmcore](const std::string& value) { return objection(*vmcore, value); }, "");
  command.add_option("--part", options.parts, "A further part of a split dump (repeatable)")
      ->allow_extra_args(false);
  command.validate_positionals();
}

}  // namespace

postmortem::OpenRequest DumpOptions::request(PhaseTimes* times) const {
  postmortem::OpenRequest request;
  request.vmcores = vmcores;
  request.vmcores.insert(request.vmcores.end(), parts.begin(), parts.end());
  request.vmlinux = vmlinux;
  request.profile = profile;
  request.debug_dirs = debug_dirs;
  request.use_cache = !no_cache;
  request.times = times;
  return request;
}

void add_dump_options(CLI::App& command, DumpOptions& options,
                      const std::vector<std::string>& formats) {
  add_vmcore(command, options);
  auto* vmlinux =
      command.add_option("-s,--vmlinux", options.vmlinux,
                         "The kernel's vmlinux with DWARF (default: found by build-id)");
  command
      .add_option("--profile", options.profile,
                  "A profile made by \"kmortem profile\", instead of a vmlinux")
      ->excludes(vmlinux);
  command.add_option("--debug-dir", options.debug_dirs, "Where else to look for vmlinux");
  command.add_option("--modules", options.modules_dir, "Where the modules' .ko files are");
  command.add_option("-f,--format", options.format, "Output format")
      ->check(CLI::IsMember(formats))
      ->capture_default_str();
  command.add_option("-o,--output", options.output, "Write to this file instead of stdout");
  command.add_flag("--perf", options.perf, "Print the time of each phase to stderr");
  command.add_flag("--no-cache", options.no_cache, "Neither read nor write the layout cache");
  command.add_flag("-v,--verbose", options.verbose, "Say more: every problem, every field");
}

void add_redact_option(CLI::App& command, DumpOptions& options) {
  command.add_flag("--redact", options.redact,
                   "Pseudonyms for host names, user processes and files; no command line");
}

void add_without_orc_option(CLI::App& command, DumpOptions& options) {
  command.add_flag("--without-orc", options.without_orc)->group("");
}

}  // namespace kmortem::cli
