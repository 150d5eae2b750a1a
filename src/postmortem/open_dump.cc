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
  options.debug_dirs = request.debug_dirs;
  std::string path = request.vmlinux;
  if (path.empty()) {
    auto found = debuginfo::find_vmlinux(info.build_id, info.release, info.path, options);
    if (!found) return std::unexpected(found.error());
    path = std::move(*found);
  }
  return debuginfo::open_vmlinux(path, options);
}

}  // namespace

Result<OpenedDump> open_dump(const OpenRequest& request) {
  OpenedDump opened;
  {
    const PhaseTimer timer(request.times, "dump");
    auto dump = dump::DumpFile::open(request.vmcores);
    if (!dump) return std::unexpected(dump.error());
    opened.dump = std::move(*dump);
  }

  auto debuginfo = open_debuginfo(request, opened.dump->info());
  if (!debuginfo) return std::unexpected(debuginfo.error());
  opened.debuginfo = std::move(*debuginfo);
  opened.debug_dirs = request.debug_dirs;
  place_kernel(*opened.dump, *opened.debuginfo, opened.problems);
  find_page_tables(*opened.dump, opened.debuginfo->symbols(), opened.problems);

  auto match = check_identity(*opened.dump, *opened.debuginfo, opened.debuginfo->symbols());
  if (!match) return std::unexpected(match.error());

  model::DebuginfoInfo& info = opened.debuginfo_info;
  info.path = opened.debuginfo->path();
  info.from_profile = opened.debuginfo->from_profile();
  info.from_cache = opened.debuginfo->from_cache();
  info.build_id = opened.debuginfo->build_id();
  info.matched_by_build_id = *match == Match::build_id;
  return opened;
}

}  // namespace kmortem::postmortem
