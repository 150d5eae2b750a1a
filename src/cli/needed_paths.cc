// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/needed_paths.h"

#include <filesystem>
#include <system_error>

#include "debuginfo/kernel_debuginfo.h"

namespace kmortem::cli {

namespace {

namespace fs = std::filesystem;

std::string folder_of(const fs::path& path) {
  const fs::path parent = path.parent_path();
  return parent.empty() ? "." : parent.string();
}

/// The folder that the path names, and the one that the file is in when links are followed.
void add_folders_of(const std::string& path, std::vector<std::string>& folders) {
  if (path.empty()) return;
  std::error_code error;
  folders.push_back(folder_of(path));
  const fs::path real = fs::canonical(path, error);
  if (!error) folders.push_back(folder_of(real));
}

void add_output(const std::string& output, ConfinementPaths& paths) {
  if (output.empty()) return;
  std::error_code error;
  if (fs::exists(output, error)) {
    paths.writable_file.push_back(output);
  } else {
    paths.writable.push_back(folder_of(output));
  }
}

void add_cache(const DumpOptions& options, ConfinementPaths& paths) {
  const std::string folder = debuginfo::default_cache_dir();
  if (options.no_cache || !options.profile.empty() || folder.empty()) return;
  std::error_code ignored;
  fs::create_directories(folder, ignored);
  paths.writable.push_back(folder);
}

}  // namespace

ConfinementPaths paths_needed(const DumpOptions& options, const postmortem::OpenedDump& opened) {
  ConfinementPaths paths;
  paths.readable = options.debug_dirs;
  for (const char* folder : {"/usr/lib/debug", "/lib/modules"}) paths.readable.emplace_back(folder);
  if (!options.modules_dir.empty()) paths.readable.push_back(options.modules_dir);
  for (const std::string& part : options.vmcores) add_folders_of(part, paths.readable);
  add_folders_of(opened.debuginfo->path(), paths.readable);
  add_output(options.output, paths);
  add_cache(options, paths);
  return paths;
}

}  // namespace kmortem::cli
