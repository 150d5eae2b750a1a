// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/byte_stream.h"

namespace kmortem::debuginfo {

void ByteWriter::number(uint64_t value) {
  while (value >= 0x80) {
    bytes_.push_back(static_cast<std::byte>(value | 0x80));
    value >>= 7;
  }
  bytes_.push_back(static_cast<std::byte>(value));
}

void ByteWriter::signed_number(int64_t value) {
  const auto bits = static_cast<uint64_t>(value);
  number(value < 0 ? ~(bits << 1) : bits << 1);
}

void ByteWriter::text(std::string_view value) {
  number(value.size());
  const auto* begin = reinterpret_cast<const std::byte*>(value.data());
  bytes_.insert(bytes_.end(), begin, begin + value.size());
}

void ByteReader::give_up() {
  ok_ = false;
  rest_ = {};
}

uint64_t ByteReader::number() {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) break;
    const auto byte = static_cast<uint64_t>(rest_.front());
    rest_ = rest_.subspan(1);
    value |= (byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  give_up();
  return 0;
}

int64_t ByteReader::signed_number() {
  const uint64_t bits = number();
  return static_cast<int64_t>((bits & 1) != 0 ? ~(bits >> 1) : bits >> 1);
}

std::string_view ByteReader::text() {
  const uint64_t size = number();
  if (size > rest_.size()) {
    give_up();
    return {};
  }
  const std::string_view value(reinterpret_cast<const char*>(rest_.data()), size);
  rest_ = rest_.subspan(size);
  return value;
}

size_t ByteReader::count() {
  const uint64_t value = number();
  if (value <= rest_.size()) return value;
  give_up();
  return 0;
}

}  // namespace kmortem::debuginfo
