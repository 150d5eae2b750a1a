// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kmortem::debuginfo {

/// Numbers as LEB128, strings as length and bytes: how a profile's sections are written.
class ByteWriter {
 public:
  void number(uint64_t value);
  void signed_number(int64_t value);
  void text(std::string_view value);

  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

/// Reads what ByteWriter wrote. After the first thing that does not fit, ok() is false and all
/// further values are 0 or empty.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : rest_(bytes) {}

  uint64_t number();
  int64_t signed_number();
  std::string_view text();
  /// A number of things that take at least a byte each: not ok() when they cannot all follow.
  size_t count();

  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && rest_.empty(); }

 private:
  void give_up();

  std::span<const std::byte> rest_;
  bool ok_ = true;
};

}  // namespace kmortem::debuginfo
