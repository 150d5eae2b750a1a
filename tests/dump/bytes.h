// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace kmortem::test {

/// A file in the making: grows, with zeros, to wherever something is put.
class Bytes {
 public:
  template <typename T>
  void put(uint64_t offset, const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    put_bytes(offset, std::as_bytes(std::span(&value, 1)));
  }
  void put_text(uint64_t offset, std::string_view text) {
    put_bytes(offset, std::as_bytes(std::span(text)));
  }
  void put_bytes(uint64_t offset, std::span<const std::byte> bytes) {
    if (offset + bytes.size() > data_.size()) data_.resize(offset + bytes.size());
    if (!bytes.empty()) memcpy(data_.data() + offset, bytes.data(), bytes.size());
  }
  template <typename T>
  void append(const T& value) {
    put(size(), value);
  }
  void append_bytes(std::span<const std::byte> bytes) { put_bytes(size(), bytes); }
  void pad(uint64_t alignment) {
    data_.resize((data_.size() + alignment - 1) / alignment * alignment);
  }
  uint64_t size() const { return data_.size(); }
  std::vector<std::byte>& data() { return data_; }
  const std::vector<std::byte>& data() const { return data_; }

 private:
  std::vector<std::byte> data_;
};

}  // namespace kmortem::test
