// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace kmortem::scan {

/// The kernel images in some folders, by build-id. What was found is kept in a file, so that only
/// what is new or changed is opened the next time.
class VmlinuxStore {
 public:
  VmlinuxStore() = default;

  /// Looks through `folders` with all that is below them for x86-64 kernel images: by content, or,
  /// where they are packed, by a name with "vmlinux" in it. Reads and writes `index_file`; one that
  /// cannot be read or written is done without.
  VmlinuxStore(const std::vector<std::string>& folders, const std::string& index_file);

  /// The image with that build-id (lower-case hexadecimal); empty when there is none.
  std::string find(const std::string& build_id) const;

  size_t size() const { return by_build_id_.size(); }
  size_t opened() const { return opened_; }  ///< files that the index did not know

 private:
  struct Known {
    uint64_t size = 0;
    int64_t mtime_ns = 0;
    std::string build_id;  ///< empty: no kernel image, or one without
  };
  void read_index(const std::string& path);
  void write_index(const std::string& path) const;
  void walk(const std::string& folder);
  void look_at(const std::string& path);

  std::map<std::string, Known> known_;  ///< from the index, by path
  std::map<std::string, Known> files_;  ///< as they are now
  std::map<std::string, std::string> by_build_id_;
  size_t opened_ = 0;
};

}  // namespace kmortem::scan
