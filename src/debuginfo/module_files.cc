// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/module_files.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>

#include "debuginfo/linked_file.h"

namespace kmortem::debuginfo {

namespace {

namespace fs = std::filesystem;

// A distribution's kernel has seven thousand modules; somebody's --modules may be their home.
constexpr size_t kMostFiles = 500'000;
constexpr int kDeepest = 24;

// "snd_hda_intel" of "snd-hda-intel.ko.xz"; empty when the file is no module's.
std::string module_of(const std::string& file) {
  const size_t end = file.find(".ko");
  if (end == std::string::npos || end == 0) return "";
  std::string_view rest = std::string_view(file).substr(end + 3);
  if (rest.starts_with(".debug")) rest.remove_prefix(6);
  if (!rest.empty() && rest != ".xz" && rest != ".zst" && rest != ".gz") return "";
  std::string name = file.substr(0, end);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

}  // namespace

void ModuleFiles::take(const std::string& path) {
  const std::string module = module_of(fs::path(path).filename().string());
  if (!module.empty()) paths_[module].push_back(path);
}

void ModuleFiles::list_folder(const std::string& folder) {
  std::error_code error;
  size_t seen = 0;
  fs::directory_iterator at(folder, error);
  for (; !error && at != fs::directory_iterator() && seen < kMostFiles; at.increment(error)) {
    take(at->path().string());
    ++seen;
  }
}

// Links to folders are not followed: /lib/modules/RELEASE/build leads to a whole source tree.
void ModuleFiles::list_tree(const std::string& root) {
  std::error_code error;
  size_t seen = 0;
  using Iterator = fs::recursive_directory_iterator;
  Iterator at(root, fs::directory_options::skip_permission_denied, error);
  for (; !error && at != Iterator() && seen < kMostFiles; at.increment(error)) {
    if (at.depth() >= kDeepest) at.disable_recursion_pending();
    take(at->path().string());
    ++seen;
  }
}

void ModuleFiles::list() {
  listed_ = true;
  for (const std::string& tree : places_.trees) list_tree(tree);
  for (const std::string& folder : places_.folders) list_folder(folder);
  // It comes from the dump, and may be garbage.
  if (places_.release.empty() ||
      places_.release.find_first_of(std::string_view("/\0", 2)) != std::string::npos ||
      places_.release.starts_with('.')) {
    return;
  }
  const std::string modules = "/lib/modules/" + places_.release;
  for (const std::string& root : places_.debug_dirs) {
    for (const char* between : {"", "/usr", "/usr/lib/debug", "/usr/lib/debug/usr"}) {
      list_tree(root + between + modules);
    }
  }
  for (const char* root : {"", "/usr/lib/debug", "/usr/lib/debug/usr"}) list_tree(root + modules);
}

std::vector<std::string> ModuleFiles::candidates(const std::string& name,
                                                 const std::string& build_id) {
  if (!listed_) list();
  std::vector<std::string> found;
  auto roots = places_.debug_dirs;
  roots.insert(roots.begin(), places_.trees.begin(), places_.trees.end());
  roots.push_back("/usr/lib/debug");
  for (const std::string& root : roots) {
    std::ranges::copy(build_id_places(root, build_id), std::back_inserter(found));
  }
  std::string module = name;
  std::replace(module.begin(), module.end(), '-', '_');
  std::ranges::copy(paths_[module], std::back_inserter(found));
  return found;
}

Result<std::optional<ImageFiles>> ModuleFiles::find(const std::string& name,
                                                    const std::string& build_id) {
  std::string refused;
  const auto refuse = [&](const std::string& line) {
    refused += (refused.empty() ? "" : "; ") + line;
  };
  DebugPlaces places{places_.debug_dirs, /*servers=*/false};
  places.folders.insert(places.folders.begin(), places_.trees.begin(), places_.trees.end());
  for (const std::string& path : candidates(name, build_id)) {
    std::error_code error;
    if (!fs::is_regular_file(path, error)) continue;
    auto file = ElfFile::open(path);
    if (!file) {
      refuse(file.error().message);
      continue;
    }
    // The loaded module's notes are those of its file.
    const std::string found = (*file)->build_id();
    if (!build_id.empty() && found != build_id) {
      refuse(path + ": is of another build: its build-id is " +
             (found.empty() ? "missing" : found));
      continue;
    }
    auto files = complete_image(*file, places);
    if (files) return std::move(*files);
  }
  if (!refused.empty()) return fail(refused);
  return std::nullopt;
}

}  // namespace kmortem::debuginfo
