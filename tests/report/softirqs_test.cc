// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/softirqs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports.h"

namespace kmortem::report {
namespace {

using ::testing::HasSubstr;

TEST(Softirqs, TableWithEmptyVectorsExplained) {
  const std::string text = softirqs_text(testing::small_report().snapshot);
  EXPECT_THAT(text, HasSubstr("     1  TIMER    run_timer_softirq  CPU 0"));
  EXPECT_THAT(text, HasSubstr("empty: kernels 4.2 to 4.15 never open it"));
  EXPECT_THAT(text, HasSubstr("what is pending on CPU 1 could not be read"));
}

TEST(Softirqs, TroubleIsMarked) {
  model::Snapshot snapshot = testing::small_report().snapshot;
  snapshot.cpus[0].softirq_pending = 0x100;
  snapshot.softirqs[0].action_in_text = false;
  const std::string text = softirqs_text(snapshot);
  EXPECT_THAT(text, HasSubstr("NOT in the text"));
  EXPECT_THAT(text, HasSubstr("empty, yet PENDING"));
}

TEST(Softirqs, Json) {
  const auto json = nlohmann::json::parse(softirqs_json(testing::small_report().snapshot));
  ASSERT_EQ(json["softirqs"].size(), 2U);
  EXPECT_EQ(json["softirqs"][0]["action"], "0xffffffff81001000");
  EXPECT_EQ(json["softirqs"][0]["pending_on"], std::vector<int>{0});
  EXPECT_TRUE(json["softirqs"][1]["action"].is_null());
}

}  // namespace
}  // namespace kmortem::report
