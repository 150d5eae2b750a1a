// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/dmesg_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kmortem::scan {
namespace {

using testing::SizeIs;

TEST(DmesgFileTest, TimesBecomeNanoseconds) {
  const auto log = parse_dmesg("[    2.288211] first\n[12345.000001] second\n");
  ASSERT_THAT(log, SizeIs(2));
  EXPECT_EQ(log[0].time_ns, 2'288'211'000U);
  EXPECT_EQ(log[0].text, "first");
  EXPECT_EQ(log[1].time_ns, 12'345'000'001'000U);
}

TEST(DmesgFileTest, LevelsAndCallers) {
  const auto log = parse_dmesg("<12>[    1.000000] user\n[    2.000000][  T123] by a task\n");
  ASSERT_THAT(log, SizeIs(2));
  EXPECT_EQ(log[0].level, 4U);
  EXPECT_EQ(log[0].facility, 1U);
  EXPECT_EQ(log[0].text, "user");
  EXPECT_EQ(log[1].text, "[  T123] by a task");
}

TEST(DmesgFileTest, ALineWithoutTimeGoesOn) {
  const auto log = parse_dmesg("[    1.000000] one\n more\n[    2.000000] two");
  ASSERT_THAT(log, SizeIs(2));
  EXPECT_EQ(log[0].text, "one\n more");
}

TEST(DmesgFileTest, AnythingIsALog) {
  EXPECT_THAT(parse_dmesg(""), SizeIs(0));
  EXPECT_THAT(parse_dmesg("[99999999999999999999.1] x\n[ab\n<\n<9\n[1.\n[1.2\n"), SizeIs(1));
}

}  // namespace
}  // namespace kmortem::scan
