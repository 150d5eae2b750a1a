// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/orc_table.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace kmortem::kernel {

namespace {

constexpr size_t kIpSize = 4;

}  // namespace

OrcTable::OrcTable(OrcLayout layout, uint64_t ip_address, std::span<const std::byte> ip,
                   std::span<const std::byte> entries)
    : layout_(layout), ip_address_(ip_address), ip_(ip), entries_(entries) {
  if (!layout_.usable()) return;
  count_ = std::min<size_t>(ip_.size() / kIpSize, entries_.size() / layout_.size());
  sort_if_needed();
}

uint64_t OrcTable::address_of(size_t index) const {
  int32_t distance = 0;
  std::memcpy(&distance, ip_.data() + index * kIpSize, sizeof distance);
  return ip_address_ + index * kIpSize + static_cast<uint64_t>(int64_t{distance});
}

OrcEntry OrcTable::entry(size_t index) const {
  return layout_.decode(entries_.subspan(index * layout_.size(), layout_.size()));
}

void OrcTable::sort_if_needed() {
  bool sorted = true;
  for (size_t i = 1; sorted && i < count_; ++i) sorted = address_of(i - 1) <= address_of(i);
  if (sorted) return;
  order_.resize(count_);
  std::iota(order_.begin(), order_.end(), 0);
  // As orc_sort_cmp(): of entries at one address those that only end a section come first.
  std::ranges::stable_sort(order_, [this](uint32_t a, uint32_t b) {
    const uint64_t left = address_of(a);
    const uint64_t right = address_of(b);
    if (left != right) return left < right;
    const bool a_ends = entry(a).kind == OrcEntry::Kind::undefined;
    return a_ends && entry(b).kind != OrcEntry::Kind::undefined;
  });
}

std::optional<OrcEntry> OrcTable::find(uint64_t address) const {
  size_t low = 0;
  size_t high = count_;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (address_of(ranked(middle)) <= address) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == 0) return std::nullopt;
  return entry(ranked(low - 1));
}

}  // namespace kmortem::kernel
