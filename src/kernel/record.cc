// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/record.h"

#include <cstring>

#include "base/checked.h"

namespace kmortem::kernel {

namespace {

uint64_t sign_extend(uint64_t value, uint32_t bits) {
  if (bits == 0 || bits >= 64) return value;
  const uint64_t sign = uint64_t{1} << (bits - 1);
  return (value ^ sign) - sign;
}

}  // namespace

uint64_t Record::get(const debuginfo::Field& field, uint64_t index) const {
  if (field.size > 8) return 0;
  const auto step = checked_mul(index, field.size);
  const auto offset = step ? checked_add(field.offset, *step) : std::nullopt;
  if (!offset || !range_fits(*offset, field.size, bytes_.size())) return 0;
  uint64_t value = 0;
  std::memcpy(&value, bytes_.data() + *offset, field.size);
  if (field.bit_size == 0) return field.is_signed ? sign_extend(value, field.size * 8) : value;
  value >>= field.bit_shift;
  if (field.bit_size < 64) value &= (uint64_t{1} << field.bit_size) - 1;
  return field.is_signed ? sign_extend(value, field.bit_size) : value;
}

uint64_t Record::get_or(const std::optional<debuginfo::Field>& field, uint64_t otherwise) const {
  return field ? get(*field) : otherwise;
}

uint64_t Record::address_of(const debuginfo::Field& field, uint64_t index) const {
  return address_ + field.offset + index * field.size;
}

}  // namespace kmortem::kernel
