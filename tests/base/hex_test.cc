// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/hex.h"

#include <gtest/gtest.h>

namespace kmortem {
namespace {

TEST(Hex, AddressesHaveSixteenDigits) {
  EXPECT_EQ(hex_address(0xffffffff81000000), "0xffffffff81000000");
  EXPECT_EQ(hex_address(1), "0x0000000000000001");
}

TEST(Hex, ValuesHaveNoPadding) {
  EXPECT_EQ(hex_short(0), "0x0");
  EXPECT_EQ(hex_short(0x1f), "0x1f");
}

}  // namespace
}  // namespace kmortem
