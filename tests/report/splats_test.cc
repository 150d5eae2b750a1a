// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/splats.h"

#include <gtest/gtest.h>

#include "reports.h"

namespace kmortem::report {
namespace {

model::Splat recursive() {
  model::Splat splat;
  splat.type = model::SplatType::recursive;
  splat.title = "WARNING: possible recursive locking detected";
  splat.kernel = "6.1.0";
  splat.time_ns = 2'500'000'000;
  splat.cpu = 3;
  splat.tasks = {{"a b", 41, "a b/41"}};
  model::SplatLock lock;
  lock.name = "&p->lock";
  lock.address = 0xffff888100e66298;
  lock.usage = "+.+.";
  lock.wait = "2:2";
  lock.role = model::SplatRole::chain;
  lock.depth = 1;
  lock.stack = {testing::frame("taker", 0x21, "lab")};
  splat.locks = {lock};
  splat.names = {"&p->lock"};
  splat.usage_from = "SOFTIRQ-ON-W";
  splat.usage_to = "IN-SOFTIRQ-W";
  splat.stacks = {{"stack backtrace:", {testing::frame("dump_stack", 5)}}};
  splat.first_line = 2;
  splat.last_line = 9;
  splat.complete = false;
  splat.matched = model::SplatMatch::confirmed;
  splat.matched_by = "the classes agree";
  return splat;
}

TEST(Splats, JsonHasEveryField) {
  const Json json = Json::parse(splats_json({recursive()}));
  EXPECT_EQ(json["schema"], "kmortem-splats/1");
  const Json& splat = json["splats"][0];
  EXPECT_EQ(splat["type"], "recursive");
  EXPECT_EQ(splat["time_ns"], 2'500'000'000);
  EXPECT_EQ(splat["tasks"][0]["printed"], "a b/41");
  EXPECT_EQ(splat["names"][0], "&p->lock");
  EXPECT_EQ(splat["locks"][0]["address"], "0xffff888100e66298");
  EXPECT_EQ(splat["locks"][0]["role"], "chain");
  EXPECT_EQ(splat["locks"][0]["depth"], 1);
  EXPECT_TRUE(splat["locks"][0]["acquired_at"].is_null());
  EXPECT_EQ(splat["locks"][0]["stack"][0]["function"], "taker");
  EXPECT_EQ(splat["usage"], "SOFTIRQ-ON-W -> IN-SOFTIRQ-W");
  EXPECT_EQ(splat["stacks"][0]["about"], "stack backtrace:");
  EXPECT_EQ(splat["first_line"], 2);
  EXPECT_EQ(splat["complete"], false);
  EXPECT_EQ(splat["matched"], "confirmed");
}

TEST(Splats, WhatIsNotKnownIsNull) {
  const Json splat = Json::parse(splats_json({model::Splat()}))["splats"][0];
  for (const char* field : {"kernel", "time_ns", "cpu", "usage", "context", "matched_by"}) {
    EXPECT_TRUE(splat[field].is_null()) << field;
  }
  EXPECT_EQ(splat["locks"], Json::array());
}

TEST(Splats, TextSaysTheSame) {
  const std::string text = splats_text({recursive()});
  for (const char* part : {"1 report", "recursive: WARNING", "lines 2 to 9", "incomplete", "a b/41",
                           "chain #1", "&p->lock {+.+.}-{2:2}", "taker", "confirmed"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
  EXPECT_EQ(splats_text({}), "no report of the kernel about locks or stalls\n");
}

TEST(Splats, ControlCharactersAreEscaped) {
  model::Splat hostile = recursive();
  hostile.title = "a\x1b[2Jb";
  EXPECT_EQ(splats_text({hostile}).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace kmortem::report
