// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/checked.h"

#include <gtest/gtest.h>

namespace kmortem {
namespace {

TEST(Checked, AddStopsAtTheTop) {
  EXPECT_EQ(checked_add(1, 2), 3u);
  EXPECT_EQ(checked_add(UINT64_MAX, 0), UINT64_MAX);
  EXPECT_EQ(checked_add(UINT64_MAX, 1), std::nullopt);
}

TEST(Checked, MultiplyStopsAtTheTop) {
  EXPECT_EQ(checked_mul(1u << 31, 2), 1ull << 32);
  EXPECT_EQ(checked_mul(uint64_t{1} << 32, uint64_t{1} << 32), std::nullopt);
}

TEST(Checked, RangesThatWrapDoNotFit) {
  EXPECT_TRUE(range_fits(0, 0, 0));
  EXPECT_TRUE(range_fits(8, 8, 16));
  EXPECT_FALSE(range_fits(9, 8, 16));
  EXPECT_FALSE(range_fits(17, 0, 16));
  EXPECT_FALSE(range_fits(8, UINT64_MAX, 16));
}

}  // namespace
}  // namespace kmortem
