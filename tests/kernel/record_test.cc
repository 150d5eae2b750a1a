// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/record.h"

#include <gtest/gtest.h>

#include <array>

namespace kmortem::kernel {
namespace {

constexpr std::array<unsigned char, 8> kRaw = {0xfe,       0xff, 0xff, 0xff,
                                               0b10110100, 0x01, 0x77, 0x80};

Record record() {
  return {0x1000, std::as_bytes(std::span(kRaw))};
}

TEST(Record, TakesIntegersWithTheirSign) {
  debuginfo::Field field;
  field.size = 4;
  EXPECT_EQ(record().get(field), 0xfffffffeu);
  field.is_signed = true;
  EXPECT_EQ(static_cast<int64_t>(record().get(field)), -2);
}

TEST(Record, TakesBitFieldsAcrossBytes) {
  debuginfo::Field field;
  field.offset = 4;
  field.size = 2;
  field.bit_shift = 4;
  field.bit_size = 6;  // 0x01b4 >> 4 = 0b011011
  EXPECT_EQ(record().get(field), 0b011011u);
  field.is_signed = true;
  EXPECT_EQ(static_cast<int64_t>(record().get(field)), 0b011011);
  field.bit_size = 5;
  EXPECT_EQ(static_cast<int64_t>(record().get(field)), 0b11011 - 32);
}

TEST(Record, IsZeroOutsideItsBytes) {
  debuginfo::Field field;
  field.offset = 6;
  field.size = 4;
  EXPECT_EQ(record().get(field), 0u);
  field.offset = 6;
  field.size = 1;
  EXPECT_EQ(record().get(field, 1), 0x80u);
  EXPECT_EQ(record().get(field, 2), 0u);
  EXPECT_EQ(record().get(field, UINT64_MAX), 0u);
}

TEST(Record, KnowsWhereAMemberLies) {
  debuginfo::Field field;
  field.offset = 4;
  field.size = 2;
  EXPECT_EQ(record().address_of(field, 1), 0x1006u);
  EXPECT_EQ(record().get_or(std::nullopt, 7), 7u);
}

}  // namespace
}  // namespace kmortem::kernel
