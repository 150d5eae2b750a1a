// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/aliases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "reports.h"

namespace kmortem::report {
namespace {

using ::testing::HasSubstr;

TEST(Aliases, SharedKeysAndAliasedMaps) {
  const std::string text = aliases_text(testing::small_report().snapshot);
  EXPECT_THAT(text, HasSubstr("key __lockdep_no_validate__  0xffffffff81cfcc20"));
  EXPECT_THAT(text, HasSubstr("1     2  &txq->_xmit_lock  0xffff888100e66298"));
  EXPECT_THAT(text, HasSubstr("0     3  &dev->mutex       -"));
  EXPECT_THAT(text, HasSubstr("0xffff888100e66298     2  &txq->_xmit_lock     0  &dev->mutex"));
  EXPECT_THAT(text, HasSubstr("1 lock found in 64 MB of kernel memory"));
}

TEST(Aliases, NoneIsSaid) {
  model::Snapshot snapshot = testing::small_report().snapshot;
  snapshot.scan.maps.clear();
  snapshot.scan.done = false;
  snapshot.scan.why_not = "turned off";
  const std::string text = aliases_text(snapshot);
  EXPECT_THAT(text, HasSubstr("no key is shared"));
  EXPECT_THAT(text, HasSubstr("no lock has another lock's class"));
  EXPECT_THAT(text, HasSubstr("memory was not searched for locks: turned off"));
}

TEST(Aliases, Json) {
  const auto json = nlohmann::json::parse(aliases_json(testing::small_report().snapshot));
  ASSERT_EQ(json["shared_keys"].size(), 1U);
  EXPECT_EQ(json["shared_keys"][0]["symbol"], "__lockdep_no_validate__");
  EXPECT_EQ(json["shared_keys"][0]["validated"], false);
  EXPECT_EQ(json["shared_keys"][0]["users"].size(), 2U);
  ASSERT_EQ(json["aliases"].size(), 1U);
  EXPECT_EQ(json["aliases"][0]["address"], "0xffff888100e66298");
  EXPECT_EQ(json["aliases"][0]["wait_type_differs"], true);
}

}  // namespace
}  // namespace kmortem::report
