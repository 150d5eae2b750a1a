// SPDX-License-Identifier: GPL-3.0-or-later
#include "postmortem/open_dump.h"

#include <utility>

#include "debuginfo/find_vmlinux.h"
#include "postmortem/identity.h"
#include "postmortem/kernel_place.h"
#include "postmortem/kernel_tables.h"

namespace kmortem::postmortem {

namespace {

Result<std::unique_ptr<debuginfo::KernelDebuginfo>> open_debuginfo(const OpenRequest& request,
                                                                   const model::DumpInfo& info) {
  const PhaseTimer timer(request.times, "debuginfo");
  if (!request.profile.empty()) return debuginfo::open_profile(request.profile);
  debuginfo::OpenOptions options;
  options.use_cache = request.use_cache;
  options.cache_once = request.cache_once;
  options.debug_dirs = request.debug_dirs;
  std::string path = request.vmlinux;
  if (path.empty()) {
    auto found = debuginfo::find_vmlinux(info.build_id, info.release, info.path, options);
    if (!found) return std::unexpected(found.error());
    path = std::move(*found);
  }
  return debuginfo::open_vmlinux(path, options);
}

void place_by(const std::optional<KernelPlace>& known, OpenedDump& opened) {
  if (!known) {
    place_kernel(*opened.dump, *opened.debuginfo, opened.problems);
    return;
  }
  opened.dump->place_kernel(known->kaslr_offset, known->phys_base, known->found_by);
  opened.debuginfo->symbols().set_slide(known->kaslr_offset);
}

/// Finds the kernel in the dump and checks that the debuginfo is of that one.
Result<void> settle(OpenedDump& opened, const std::optional<KernelPlace>& known) {
  place_by(known, opened);
  find_page_tables(*opened.dump, opened.debuginfo->symbols(), opened.problems);

  auto match = check_identity(*opened.dump, *opened.debuginfo, opened.debuginfo->symbols());
  if (!match) return std::unexpected(match.error());

  model::DebuginfoInfo& info = opened.debuginfo_info;
  info.path = opened.debuginfo->path();
  info.from_profile = opened.debuginfo->from_profile();
  info.from_cache = opened.debuginfo->from_cache();
  info.build_id = opened.debuginfo->build_id();
  info.matched_by_build_id = *match == Match::build_id;
  return {};
}

}  // namespace

Result<OpenedDump> open_over(std::unique_ptr<dump::DumpFile> dump, const OpenRequest& request,
                             const std::optional<KernelPlace>& place) {
  OpenedDump opened;
  opened.dump = std::move(dump);
  auto debuginfo = open_debuginfo(request, opened.dump->info());
  if (!debuginfo) return std::unexpected(debuginfo.error());
  opened.debuginfo = std::move(*debuginfo);
  opened.debug_dirs = request.debug_dirs;
  if (auto settled = settle(opened, place); !settled) return std::unexpected(settled.error());
  return opened;
}

Result<OpenedDump> open_dump(const OpenRequest& request) {
  std::unique_ptr<dump::DumpFile> dump;
  {
    const PhaseTimer timer(request.times, "dump");
    auto opened = dump::DumpFile::open(request.vmcores);
    if (!opened) return std::unexpected(opened.error());
    dump = std::move(*opened);
  }
  return open_over(std::move(dump), request);
}

Result<void> replace_dump(OpenedDump& opened, std::unique_ptr<dump::DumpFile> dump,
                          const std::optional<KernelPlace>& place) {
  opened.dump = std::move(dump);
  opened.problems = {};
  return settle(opened, place);
}

}  // namespace kmortem::postmortem
