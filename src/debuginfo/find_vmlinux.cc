// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/find_vmlinux.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <vector>

#include "debuginfo/debuginfod_client.h"
#include "debuginfo/elf_file.h"
#include "debuginfo/image_banner.h"
#include "debuginfo/image_files.h"
#include "debuginfo/linked_file.h"
#include "debuginfo/packed_identity.h"

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

void add_release_places(const std::string& root, const std::string& release,
                        std::vector<std::string>* places) {
  for (const char* tree : {"", "/usr/lib/debug", "/usr/lib/debug/usr"}) {
    places->push_back(root + tree + "/boot/vmlinux-" + release);
    places->push_back(root + tree + "/boot/vmlinux-" + release + ".debug");
    places->push_back(root + tree + "/lib/modules/" + release + "/vmlinux");
    places->push_back(root + tree + "/lib/modules/" + release + "/vmlinux.debug");
  }
}

// Where distributions have it: Debian usr/lib/debug/boot/vmlinux-RELEASE, Fedora and RHEL
// usr/lib/debug/lib/modules/RELEASE/vmlinux, SUSE usr/lib/debug/boot/vmlinux-RELEASE.debug beside a
// stripped boot/vmlinux-RELEASE.xz, Arch usr/lib/modules/RELEASE/build/vmlinux.
std::vector<std::string> candidates_for(const Wanted& wanted, const std::string& dump_path,
                                        const std::vector<std::string>& debug_dirs) {
  std::vector<std::string> found;
  const std::string& release = wanted.release;
  const auto parent = fs::path(dump_path).parent_path();
  std::vector<std::string> roots = debug_dirs;
  roots.insert(roots.begin(), parent.empty() ? "." : parent.string());
  roots.push_back("/usr/lib/debug");
  for (const std::string& root : roots) {
    std::ranges::copy(build_id_places(root, wanted.build_id), std::back_inserter(found));
    for (const std::string& name : names_of(release)) found.push_back(root + "/" + name);
    if (!release.empty()) add_release_places(root, release, &found);
  }
  if (!release.empty()) {
    found.push_back("/lib/modules/" + release + "/build/vmlinux");
    found.push_back("/lib/modules/" + release + "/vmlinux");
    found.push_back("/boot/vmlinux-" + release);
  }
  return found;
}

std::string without_path(const std::string& message, const std::string& path) {
  return message.starts_with(path + ": ") ? message.substr(path.size() + 2) : message;
}

// Why `path` is not the one; empty when it is.
std::string objection(const std::string& path, const Wanted& wanted, const OpenOptions& options) {
  if (!wanted.build_id.empty() && remembered_build_id(path, cache_directory(options)) ==
                                      std::optional<std::string>(wanted.build_id)) {
    return "";
  }
  auto elf = ElfFile::open(path);
  if (!elf) return without_path(elf.error().message, path);
  const std::string build_id = (*elf)->build_id();
  if (!wanted.build_id.empty() && !build_id.empty()) {
    if (build_id != wanted.build_id) return "its build-id is " + build_id;
  } else {
    const std::string release = banner_release(image_banner(**elf));
    const bool other = !wanted.release.empty() && !release.empty() && release != wanted.release;
    if (other) return "it is of " + release;
  }
  // One that was split is of use only with the other part.
  if (complete_image(*elf, {options.debug_dirs, /*servers=*/true})) return "";
  return (*elf)->has_debug_section(".debug_info") ? "the file that dwz split off is not found"
                                                  : "it is stripped, without its debug file";
}

// `place` itself or packed; empty when there is none. What is wrong with those that exist is added
// to `tried`.
std::string usable_at(const std::string& place, const Wanted& wanted, const OpenOptions& options,
                      std::string* tried) {
  *tried += (tried->empty() ? "" : ", ") + place;
  for (const char* ending : {"", ".xz", ".zst", ".gz"}) {
    const std::string path = place + ending;
    std::error_code error;
    if (!fs::exists(path, error)) continue;
    const std::string reason = objection(path, wanted, options);
    if (reason.empty()) return path;
    if (*ending != '\0') *tried += ", " + path;
    *tried += " (" + reason + ")";
  }
  return "";
}

}  // namespace

Result<std::string> find_vmlinux(const std::string& build_id, const std::string& release,
                                 const std::string& dump_path, const OpenOptions& options) {
  const Wanted wanted{build_id, release};
  std::string tried;
  for (const std::string& place : candidates_for(wanted, dump_path, options.debug_dirs)) {
    auto path = usable_at(place, wanted, options, &tried);
    if (!path.empty()) return path;
  }
  if (auto fetched = fetch_from_debuginfod(build_id)) return *fetched;
  std::string what = "no vmlinux found";
  if (!release.empty()) what += " for " + release;
  if (!build_id.empty()) what += " (build-id " + build_id + ")";
  return fail(
      what +
      "; give one with -s, or its directory with --debug-dir. Tried, also with .xz, .zst and "
      ".gz: " +
      tried);
}

}  // namespace kmortem::debuginfo
