// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/printk_text_ring.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "base/checked.h"

namespace kmortem::kernel {

namespace {

constexpr uint64_t kIdSize = 8;  // each block begins with its descriptor's id
constexpr uint64_t kDataless = 1;
// A larger ring (log_buf_len=) is read record by record.
constexpr uint64_t kMaxWholeRead = uint64_t{16} << 20;

}  // namespace

PrintkTextRing::PrintkTextRing(const Target& target, uint64_t data, unsigned size_bits)
    : target_(target), data_(data), size_(uint64_t{1} << size_bits), size_bits_(size_bits) {
  if (size_ > kMaxWholeRead) return;
  if (auto bytes = target.memory.read_bytes(data, size_)) ring_ = std::move(*bytes);
}

std::optional<PrintkTextRing::Block> PrintkTextRing::locate(uint64_t begin, uint64_t next) const {
  const uint64_t mask = size_ - 1;
  const uint64_t first_round = begin >> size_bits_;
  const uint64_t last_round = next >> size_bits_;
  if (first_round == last_round) {
    if (next <= begin) return std::nullopt;
    return Block{begin & mask, next - begin};
  }
  if (last_round != ((first_round + 1) & (UINT64_MAX >> size_bits_))) return std::nullopt;
  // Ending exactly at the ring's end does not count as crossing it since 6.18; before, no block
  // ended there.
  if ((next & mask) == 0) return Block{begin & mask, size_ - (begin & mask)};
  return Block{0, next & mask};
}

bool PrintkTextRing::copy(uint64_t offset, std::byte* out, size_t size) const {
  if (!range_fits(offset, size, size_)) return false;
  if (size == 0) return true;
  if (ring_.empty()) return target_.memory.read(data_ + offset, {out, size}).has_value();
  std::memcpy(out, ring_.data() + offset, size);
  return true;
}

std::optional<std::string> PrintkTextRing::text(uint64_t begin, uint64_t next, uint64_t id,
                                                uint64_t length) const {
  if ((begin & kDataless) != 0 && (next & kDataless) != 0) return std::string();
  const auto block = locate(begin, next);
  if (!block || block->size < kIdSize) return std::nullopt;
  uint64_t owner = 0;
  if (!copy(block->offset, reinterpret_cast<std::byte*>(&owner), kIdSize) || owner != id) {
    return std::nullopt;
  }
  std::string text(std::min(length, block->size - kIdSize), '\0');
  auto* out = reinterpret_cast<std::byte*>(text.data());
  if (!copy(block->offset + kIdSize, out, text.size())) return std::nullopt;
  return text;
}

}  // namespace kmortem::kernel
