// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/log.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "reports.h"

namespace kmortem::report {
namespace {

TEST(Log, AsDmesgPrintsIt) {
  EXPECT_EQ(log_text(testing::small_report().snapshot),
            "[    5.123456] first\n"
            "[    5.123456] second\n"
            "[   66.000001] x\n");
}

TEST(Log, CallersWhenAskedFor) {
  EXPECT_EQ(log_text(testing::small_report().snapshot, true),
            "[    5.123456] first\n"
            "[    5.123456] second\n"
            "[   66.000001][   T12] x\n");
}

TEST(Log, TimesBeyondADayGrowToTheLeft) {
  model::Snapshot snapshot;
  snapshot.log = {{0, 123'456'000'000'999, 6, 0, "", ""}};
  EXPECT_EQ(log_text(snapshot), "[123456.000000] \n");
}

TEST(Log, ControlCharactersAreEscaped) {
  model::Snapshot snapshot;
  snapshot.log = {{0, 0, 6, 0, "", "a\x1b[0m\tb"}};
  EXPECT_EQ(log_text(snapshot), "[    0.000000] a\\x1b[0m\tb\n");
}

TEST(Log, JsonKeepsRecords) {
  const auto json = nlohmann::json::parse(log_json(testing::small_report().snapshot));
  EXPECT_EQ(json["log"].size(), 2U);
  EXPECT_EQ(json["log"][0]["text"], "first\nsecond");
  EXPECT_EQ(json["log"][1]["caller"], "T12");
}

}  // namespace
}  // namespace kmortem::report
