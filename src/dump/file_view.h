// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>

#include "base/error.h"

namespace kmortem::dump {

/// A file that is only read. Mapped as a whole, or read with pread() where a mapping would cost
/// more than it saves: /proc/vmcore builds page tables for all of the dead kernel's memory at once.
class FileView {
 public:
  /// Fails with one line: missing, a directory, not a regular file, unreadable, empty.
  static Result<std::shared_ptr<const FileView>> open(const std::string& path);

  /// A descriptor for reading `path`; the caller closes it. Does not wait for a FIFO's writer.
  static Result<int> open_descriptor(const std::string& path);

  /// The file behind an open descriptor, which it takes over.
  static Result<std::shared_ptr<const FileView>> adopt(int fd, const std::string& name);

  FileView(const FileView&) = delete;
  FileView& operator=(const FileView&) = delete;
  ~FileView();

  int fd() const { return fd_; }
  uint64_t size() const { return size_; }
  const std::string& name() const { return name_; }

  /// Fills `out` from `offset`; false when any byte lies beyond the end or the disk fails.
  bool read(uint64_t offset, std::span<std::byte> out) const;

  /// The file's own bytes; empty where it is not mapped or ends before.
  std::span<const std::byte> mapped(uint64_t offset, uint64_t length) const;

  template <typename T>
  bool read_object(uint64_t offset, T& object) const {
    static_assert(std::is_trivially_copyable_v<T>);
    return read(offset, std::as_writable_bytes(std::span(&object, 1)));
  }

 private:
  FileView(int fd, uint64_t size, std::string name);
  void map();

  int fd_;
  uint64_t size_;
  std::string name_;
  const std::byte* mapped_ = nullptr;
};

}  // namespace kmortem::dump
