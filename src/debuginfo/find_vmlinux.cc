// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/find_vmlinux.h"

#include <filesystem>
#include <system_error>

#include "debuginfo/debuginfod_client.h"
#include "debuginfo/elf_file.h"
#include "debuginfo/image_banner.h"

namespace kmortem::debuginfo {

namespace {

namespace fs = std::filesystem;

struct Wanted {
  const std::string& build_id;
  const std::string& release;
};

std::vector<std::string> names_of(const std::string& release) {
  std::vector<std::string> names = {"vmlinux", "vmlinux.debug"};
  if (!release.empty()) {
    names.insert(names.begin(), {"vmlinux-" + release, "vmlinux-" + release + ".debug"});
  }
  return names;
}

std::string by_build_id(const std::string& root, const std::string& build_id) {
  return root + "/.build-id/" + build_id.substr(0, 2) + "/" + build_id.substr(2) + ".debug";
}

std::vector<std::string> candidates_for(const Wanted& wanted, const std::string& dump_path,
                                        const std::vector<std::string>& debug_dirs) {
  std::vector<std::string> found;
  const std::string& release = wanted.release;
  const auto parent = fs::path(dump_path).parent_path();
  std::vector<std::string> roots = debug_dirs;
  roots.insert(roots.begin(), parent.empty() ? "." : parent.string());
  roots.push_back("/usr/lib/debug");
  for (const std::string& root : roots) {
    if (wanted.build_id.size() > 2) found.push_back(by_build_id(root, wanted.build_id));
    for (const std::string& name : names_of(release)) found.push_back(root + "/" + name);
    if (release.empty()) continue;
    found.push_back(root + "/boot/vmlinux-" + release);
    found.push_back(root + "/lib/modules/" + release + "/vmlinux");
    found.push_back(root + "/usr/lib/debug/lib/modules/" + release + "/vmlinux");
  }
  if (!release.empty()) {
    found.push_back("/lib/modules/" + release + "/build/vmlinux");
    found.push_back("/boot/vmlinux-" + release);
  }
  return found;
}

// Why `path` is not the one; empty when it is.
std::string objection(const std::string& path, const Wanted& wanted) {
  auto elf = ElfFile::open(path);
  if (!elf) return elf.error().message.substr(path.size() + 2);
  const std::string build_id = (*elf)->build_id();
  if (!wanted.build_id.empty() && !build_id.empty()) {
    return build_id == wanted.build_id ? "" : "its build-id is " + build_id;
  }
  const std::string release = banner_release(image_banner(**elf));
  if (wanted.release.empty() || release.empty() || release == wanted.release) return "";
  return "it is of " + release;
}

}  // namespace

Result<std::string> find_vmlinux(const std::string& build_id, const std::string& release,
                                 const std::string& dump_path,
                                 const std::vector<std::string>& debug_dirs) {
  const Wanted wanted{build_id, release};
  std::string tried;
  for (const std::string& path : candidates_for(wanted, dump_path, debug_dirs)) {
    std::error_code error;
    if (!tried.empty()) tried += ", ";
    tried += path;
    if (!fs::exists(path, error)) continue;
    const std::string reason = objection(path, wanted);
    if (reason.empty()) return path;
    tried += " (" + reason + ")";
  }
  if (auto fetched = fetch_from_debuginfod(build_id)) return *fetched;
  std::string what = "no vmlinux found";
  if (!release.empty()) what += " for " + release;
  if (!build_id.empty()) what += " (build-id " + build_id + ")";
  return fail(what + "; give one with -s, or its directory with --debug-dir. Tried: " + tried);
}

}  // namespace kmortem::debuginfo
