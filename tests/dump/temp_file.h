// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

namespace kmortem::test {

/// A file with the given bytes, gone at the end of the scope.
class TempFile {
 public:
  explicit TempFile(std::span<const std::byte> bytes) : path_(testing::TempDir() + "dumpXXXXXX") {
    const int fd = mkstemp(path_.data());
    EXPECT_GE(fd, 0);
    while (!bytes.empty()) {
      const ssize_t put = write(fd, bytes.data(), bytes.size());
      if (put <= 0) break;
      bytes = bytes.subspan(static_cast<size_t>(put));
    }
    EXPECT_TRUE(bytes.empty());
    close(fd);
  }
  explicit TempFile(std::string_view text) : TempFile(std::as_bytes(std::span(text))) {}
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  ~TempFile() { unlink(path_.c_str()); }

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace kmortem::test
