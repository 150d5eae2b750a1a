// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/options.h"

namespace kmortem::cli {

postmortem::OpenRequest DumpOptions::request(PhaseTimes* times) const {
  postmortem::OpenRequest request;
  request.vmcore = vmcore;
  request.vmlinux = vmlinux;
  request.profile = profile;
  request.debug_dirs = debug_dirs;
  request.use_cache = !no_cache;
  request.times = times;
  return request;
}

void add_dump_options(CLI::App& command, DumpOptions& options,
                      const std::vector<std::string>& formats) {
  command.add_option("VMCORE", options.vmcore, "The dump: ELF or kdump, flattened or not")
      ->required();
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

}  // namespace kmortem::cli
