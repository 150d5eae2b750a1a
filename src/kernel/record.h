// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "debuginfo/type_table.h"

namespace kmortem::kernel {

/// One kernel structure's bytes, read in bulk, with its members taken out by Field.
class Record {
 public:
  Record(uint64_t address, std::span<const std::byte> bytes) : address_(address), bytes_(bytes) {}

  uint64_t address() const { return address_; }
  std::span<const std::byte> bytes() const { return bytes_; }

  /// The integer, pointer or bit-field at `field`, sign-extended where the type is signed, zero
  /// when it lies outside the bytes. `index` picks an array's element.
  uint64_t get(const debuginfo::Field& field, uint64_t index = 0) const;

  /// The same for a member that some kernels lack: `otherwise` when `field` is empty.
  uint64_t get_or(const std::optional<debuginfo::Field>& field, uint64_t otherwise) const;

  /// The address that `field` has in the dead kernel.
  uint64_t address_of(const debuginfo::Field& field, uint64_t index = 0) const;

 private:
  uint64_t address_;
  std::span<const std::byte> bytes_;
};

}  // namespace kmortem::kernel
