// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kernel/orc_entry.h"

namespace kmortem::kernel {

/// The ORC tables of the kernel image or of one module: from a code address to the entry that
/// covers it. Searches the tables where they lie; puts them in order first if they are not
/// (sorttable does that when the kernel is built since 5.6, the kernel at its start before).
class OrcTable {
 public:
  /// `ip`: 32-bit offsets, each from its own place, the first of which is at `ip_address`;
  /// `entries`: one of layout.size() bytes for each. Borrows both. A pair of other sizes is
  /// taken as far as both go.
  OrcTable(OrcLayout layout, uint64_t ip_address, std::span<const std::byte> ip,
           std::span<const std::byte> entries);

  /// The last entry at or before `address`; nothing when the table begins behind it.
  std::optional<OrcEntry> find(uint64_t address) const;

  size_t size() const { return count_; }

 private:
  uint64_t address_of(size_t index) const;
  OrcEntry entry(size_t index) const;
  size_t ranked(size_t position) const { return order_.empty() ? position : order_[position]; }
  void sort_if_needed();

  OrcLayout layout_;
  uint64_t ip_address_;
  std::span<const std::byte> ip_;
  std::span<const std::byte> entries_;
  size_t count_ = 0;
  std::vector<uint32_t> order_;  ///< indices by address; empty when the tables are in order
};

}  // namespace kmortem::kernel
