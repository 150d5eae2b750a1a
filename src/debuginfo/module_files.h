// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "debuginfo/image_files.h"

namespace kmortem::debuginfo {

/// Where modules' files may lie.
struct ModulePlaces {
  std::vector<std::string> trees;       ///< searched to any depth: --modules
  std::vector<std::string> folders;     ///< searched without those below: the dump's
  std::vector<std::string> debug_dirs;  ///< laid out as /usr/lib/debug: --debug-dir
  std::string release;                  ///< for /lib/modules/RELEASE; may be empty
};

/// Finds the files of modules that were loaded: NAME.ko, NAME.ko.debug, either also packed (.xz,
/// .zst, .gz), with '-' for '_' as file names have it, and what was split off from them.
class ModuleFiles {
 public:
  explicit ModuleFiles(ModulePlaces places) : places_(std::move(places)) {}

  /// The files with DWARF of module `name`, of the build with `build_id` (hexadecimal; empty: any).
  /// Nothing when there are none. Fails with one line when files of that name are of another
  /// build or damaged, and no other serves.
  Result<std::optional<ImageFiles>> find(const std::string& name, const std::string& build_id);

 private:
  void list();
  void list_folder(const std::string& folder);
  void list_tree(const std::string& root);
  void take(const std::string& path);
  std::vector<std::string> candidates(const std::string& name, const std::string& build_id);

  ModulePlaces places_;
  bool listed_ = false;
  std::map<std::string, std::vector<std::string>> paths_;  ///< by module, in order of preference
};

}  // namespace kmortem::debuginfo
