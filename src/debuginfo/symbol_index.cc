// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/symbol_index.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

namespace kmortem::debuginfo {

namespace {

// Functions are padded to 16 bytes, or 64 in a few configurations.
constexpr uint64_t kMaxPadding = 64;
// Labels inside a function hide it from a binary search; so many of them are stepped over.
constexpr size_t kMaxStepsBack = 32;

// Image addresses and zero-based per-cpu offsets do not meet in their low halves, so these order
// both at once.
uint32_t place(const SymbolRecord& record) {
  return static_cast<uint32_t>(record.address);
}

}  // namespace

SymbolIndex::SymbolIndex(SymbolImage image, std::shared_ptr<const void> backing)
    : image_(image), backing_(std::move(backing)) {}

std::span<const uint32_t> SymbolIndex::slots() const {
  if (!image_.slots.empty()) return image_.slots;
  if (built_slots_.empty()) built_slots_ = build_slots(image_);
  return built_slots_;
}

std::span<const uint32_t> SymbolIndex::order() const {
  if (built_order_.empty()) {
    if (image_.sorted) {
      built_order_.resize(image_.records.size());
      std::iota(built_order_.begin(), built_order_.end(), 0);
      std::erase_if(built_order_, [this](uint32_t index) {
        return image_.records[index].has(SymbolRecord::kNameOnly);
      });
    } else {
      built_order_ = sort_symbols(image_);
    }
  }
  return built_order_;
}

std::optional<uint64_t> SymbolIndex::find(std::string_view name) const {
  const auto table = slots();
  if (!std::has_single_bit(table.size())) return std::nullopt;
  const size_t mask = table.size() - 1;
  size_t slot = symbol_hash(name) & mask;
  for (size_t probes = 0; probes <= mask; ++probes, slot = (slot + 1) & mask) {
    const uint32_t entry = table[slot];
    if (entry == 0 || entry > image_.records.size()) return std::nullopt;
    const SymbolRecord& record = image_.records[entry - 1];
    if (symbol_name(image_.names, record.name) != name) continue;
    return record.address >= kImageBase ? record.address + slide_ : record.address;
  }
  return std::nullopt;
}

std::optional<Symbol> SymbolIndex::containing(uint64_t address) const {
  const uint64_t linked = address - slide_;
  if (address < kImageBase || linked < kImageBase) return std::nullopt;
  auto symbol = lookup(linked);
  if (symbol) symbol->address += slide_;
  return symbol;
}

std::optional<Symbol> SymbolIndex::per_cpu_containing(uint64_t offset) const {
  if (offset > INT32_MAX) return std::nullopt;
  return lookup(offset);
}

std::optional<Symbol> SymbolIndex::lookup(uint64_t link_address) const {
  const auto indices = order();
  const auto wanted = static_cast<uint32_t>(link_address);
  const auto after = std::upper_bound(
      indices.begin(), indices.end(), wanted,
      [this](uint32_t at, uint32_t index) { return at < place(image_.records[index]); });
  auto position = static_cast<size_t>(after - indices.begin());
  for (size_t step = 0; position > 0 && step < kMaxStepsBack; ++step) {
    position = first_alias(position - 1);
    const SymbolRecord& record = sorted(position);
    const uint64_t distance = link_address - record.address;
    if (distance > kMaxPadding + SymbolRecord::kMaxSize) return std::nullopt;
    const uint64_t size = extent(position);
    // A call that does not return may be a function's last instruction: its padding counts.
    const bool padding =
        step == 0 && record.has(SymbolRecord::kFunction) && distance < size + kMaxPadding;
    if (distance < size || padding) {
      return Symbol{symbol_name(image_.names, record.name), record.address, size};
    }
  }
  return std::nullopt;
}

size_t SymbolIndex::first_alias(size_t position) const {
  while (position > 0 && sorted(position - 1).address == sorted(position).address) --position;
  return position;
}

uint64_t SymbolIndex::extent(size_t position) const {
  const SymbolRecord& record = sorted(position);
  if (record.size() != 0) return record.size();
  const auto indices = order();
  for (size_t next = position + 1; next < indices.size(); ++next) {
    const SymbolRecord& alias = sorted(next);
    if (alias.address != record.address) return alias.address - record.address;
    if (alias.size() != 0) return alias.size();
  }
  return 0;
}

const SymbolRecord& SymbolIndex::sorted(size_t position) const {
  return image_.records[order()[position]];
}

}  // namespace kmortem::debuginfo
