// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kmortem::scan {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ProgressTest, SaysHowLongItWillTake) {
  const std::string line = progress_line({50, 200, 0, 2, 10.0}, 200);
  EXPECT_THAT(line, HasSubstr("50/200, 5.0/s, 0:30 left"));
  EXPECT_THAT(line, Not(HasSubstr("failed")));
}

TEST(ProgressTest, HoursToo) {
  EXPECT_THAT(progress_line({1, 3601, 1, 1, 1.0}, 200), HasSubstr("1:00:00 left, 1 failed"));
}

TEST(ProgressTest, AtTheBeginningNothingIsKnown) {
  EXPECT_THAT(progress_line({0, 10, 0, 2, 0.0}, 200), Not(HasSubstr("left")));
  EXPECT_THAT(progress_line({0, 0, 0, 0, 0.0}, 200), HasSubstr("0/0"));
}

TEST(ProgressTest, IsNoWiderThanTheTerminal) {
  EXPECT_LE(progress_line({50, 200, 3, 2, 10.0}, 20).size(), 20U);
}

}  // namespace
}  // namespace kmortem::scan
