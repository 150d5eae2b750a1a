// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "debuginfo/symbol_record.h"
#include "debuginfo/symbol_table.h"

namespace kmortem::debuginfo {

/// Symbols in a form that can lie in a mapped file and be used from there.
struct SymbolImage {
  std::span<const SymbolRecord> records;
  std::span<const char> names;      ///< NUL-terminated, back to back
  std::span<const uint32_t> slots;  ///< hash table: record index plus 1, 0 when empty; may be empty
  bool sorted = false;              ///< records are in the order that sort_symbols() gives
};

/// The hash that `slots` is built with: part of the profile's format.
uint64_t symbol_hash(std::string_view name);

/// The name at `offset`, empty when out of range.
std::string_view symbol_name(std::span<const char> names, uint32_t offset);

/// Open addressing over all names; the winner of a name is its first global, else its first.
std::vector<uint32_t> build_slots(const SymbolImage& image);

/// Indices of the records that have a place in memory, by address, the preferred alias first.
std::vector<uint32_t> sort_symbols(const SymbolImage& image);

/// SymbolTable over a SymbolImage. What the image lacks (hash table, order) is built at first
/// use. Damaged images give wrong names at worst.
class SymbolIndex : public SymbolTable {
 public:
  /// `backing` keeps alive what the image's spans point into.
  SymbolIndex(SymbolImage image, std::shared_ptr<const void> backing);

  std::optional<uint64_t> find(std::string_view name) const override;
  std::optional<Symbol> containing(uint64_t address) const override;
  std::optional<Symbol> per_cpu_containing(uint64_t offset) const override;
  void set_slide(uint64_t slide) override { slide_ = slide; }
  uint64_t slide() const override { return slide_; }

  const SymbolImage& image() const { return image_; }
  std::span<const uint32_t> slots() const;
  /// Positions in memory order, as sort_symbols() gives them.
  std::span<const uint32_t> order() const;

 private:
  std::optional<Symbol> lookup(uint64_t link_address) const;
  size_t first_alias(size_t position) const;
  uint64_t extent(size_t position) const;
  const SymbolRecord& sorted(size_t position) const;

  SymbolImage image_;
  std::shared_ptr<const void> backing_;
  uint64_t slide_ = 0;
  mutable std::vector<uint32_t> built_slots_;
  mutable std::vector<uint32_t> built_order_;
};

}  // namespace kmortem::debuginfo
