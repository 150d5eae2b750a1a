// SPDX-License-Identifier: GPL-3.0-or-later
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/output.h"
#include "debuginfo/kernel_debuginfo.h"

namespace kmortem::cli {

namespace {

struct ProfileOptions {
  std::string vmlinux;
  std::string output;
};

int profile(const ProfileOptions& options) {
  debuginfo::OpenOptions open;
  open.use_cache = false;
  open.everything = true;
  auto vmlinux = debuginfo::open_vmlinux(options.vmlinux, open);
  if (!vmlinux) {
    print_error(vmlinux.error().message);
    return kUnusable;
  }
  if (auto written = debuginfo::write_profile(**vmlinux, options.output); !written) {
    print_error(written.error().message);
    return kUnusable;
  }
  return kClean;
}

}  // namespace

void add_profile(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand(
      "profile", "Everything an analysis needs of the debuginfo, as one small file");
  auto options = std::make_shared<ProfileOptions>();
  command->add_option("VMLINUX", options->vmlinux, "The kernel's vmlinux with DWARF")->required();
  command->add_option("-o,--output", options->output, "The profile to write")->required();
  command->callback(
      [&invocation, options] { invocation.run = [options] { return profile(*options); }; });
}

}  // namespace kmortem::cli
