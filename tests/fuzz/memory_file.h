// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>

#include "dump/file_view.h"

namespace kmortem::test {

/// The fuzzer's bytes as a file that lives in memory only.
class MemoryFile {
 public:
  MemoryFile(const uint8_t* data, size_t size) : fd_(memfd_create("fuzz", MFD_CLOEXEC)) {
    if (fd_ < 0) abort();
    for (size_t done = 0; done < size;) {
      const ssize_t put = ::write(fd_, data + done, size - done);
      if (put <= 0) abort();
      done += static_cast<size_t>(put);
    }
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { close(fd_); }

  /// Opens as any other path does.
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

  /// Null for an empty file.
  std::shared_ptr<const dump::FileView> view() const {
    auto opened = dump::FileView::open(path());
    return opened ? *opened : nullptr;
  }

 private:
  int fd_;
};

}  // namespace kmortem::test
