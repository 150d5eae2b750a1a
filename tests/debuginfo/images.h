// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "debuginfo/kernel_debuginfo.h"

namespace kmortem::debuginfo {

inline std::string image_path(const std::string& name) {
  return IMAGES "/" + name;
}

inline bool has_image(const std::string& name) {
  return std::filesystem::exists(image_path(name));
}

/// The image, opened without the cache; null (and a failed test) when that fails.
inline std::unique_ptr<KernelDebuginfo> open_image(const std::string& name) {
  auto opened =
      open_vmlinux(image_path(name), {.use_cache = false, .cache_dir = "", .debug_dirs = {}});
  if (opened) return std::move(*opened);
  ADD_FAILURE() << opened.error().message;
  return nullptr;
}

/// Forms of the image that have everything.
inline std::vector<std::string> complete_images() {
  return {"dwarf5",
          "dwarf4",
          "dwarf3",
          "compressed",
          "compressed-gnu",
          "outside",
          "clang",
          "clang-dwarf4",
          "lto",
          "dwz",
          "dwz-alt",
          "unity",
          "zstd-sections",
          "zstd-sections-clang",
          "dwarf5.xz",
          "dwarf5.zst",
          "dwarf5.gz",
          "dwz-alt.xz",
          "linked",
          "eu-stripped"};
}

/// What GoogleTest calls the tests of one form.
inline std::string image_test_name(const testing::TestParamInfo<std::string>& parameter) {
  std::string name = parameter.param;
  std::replace(name.begin(), name.end(), '-', '_');
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

/// A directory that is gone with the test.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = testing::TempDir() + "/kmortem-debuginfo-XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline std::vector<char> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_file(const std::string& path, const std::vector<char>& bytes) {
  // A new file each time: some file systems flush one that is truncated.
  std::filesystem::remove(path);
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace kmortem::debuginfo
