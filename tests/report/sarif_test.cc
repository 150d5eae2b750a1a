// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/sarif.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "reports.h"

namespace kmortem::report {
namespace {

using nlohmann::json;

const RuleTexts kRules = {{"lockdep-off", "lockdep stopped", "It stopped.", "    x", "Repair."},
                          {"shared-lock-key", "one key", "It means.", "    y", "A key."}};

json run_of(const model::Report& report) {
  return json::parse(report_sarif(report, kRules))["runs"][0];
}

TEST(Sarif, SaysWhatItIs) {
  const json log = json::parse(report_sarif(testing::small_report(), kRules));
  EXPECT_EQ(log["version"], "2.1.0");
  EXPECT_EQ(log["runs"].size(), 1U);
  EXPECT_EQ(log["runs"][0]["tool"]["driver"]["name"], "kmortem");
}

TEST(Sarif, ResultsNameTheirRuleLevelAndSignature) {
  const json run = run_of(testing::small_report());
  ASSERT_EQ(run["results"].size(), 2U);
  const json result = run["results"][0];
  EXPECT_EQ(result["level"], "error");
  EXPECT_EQ(run["results"][1]["level"], "note");
  EXPECT_EQ(result["ruleId"], "shared-lock-key");
  EXPECT_EQ(run["tool"]["driver"]["rules"][result["ruleIndex"].get<size_t>()]["id"],
            "shared-lock-key");
  EXPECT_EQ(result["partialFingerprints"]["kmortemSignature/v1"], "shared-lock-key:x");
  EXPECT_EQ(result["properties"]["grade"], "proven");
}

TEST(Sarif, TheFrameThatTellsTheStoryIsTheLocation) {
  const json location = run_of(testing::small_report())["results"][0]["locations"][0];
  EXPECT_EQ(location["physicalLocation"]["artifactLocation"]["uri"], "lk_inconsistent.c");
  EXPECT_EQ(location["physicalLocation"]["region"]["startLine"], 25);
  EXPECT_EQ(location["logicalLocations"][0]["name"], "stats_rcv_proc");
  EXPECT_EQ(location["logicalLocations"][0]["fullyQualifiedName"],
            "lk_inconsistent:stats_rcv_proc");
  EXPECT_EQ(location["logicalLocations"][2]["name"], "&dev->mutex");
  EXPECT_EQ(location["logicalLocations"][2]["kind"], "type");
  EXPECT_EQ(location["message"]["text"], "takes it");
}

TEST(Sarif, ALockThatAFindingNamesTwiceIsOneLocation) {
  model::Report report = testing::small_report();
  report.findings[0].locks.push_back(report.findings[0].locks[0]);
  const json location = run_of(report)["results"][0]["locations"][0];
  EXPECT_EQ(location["logicalLocations"].size(), 3U) << "a function, a lock, a class";
}

TEST(Sarif, WithoutSourceLinesTheDumpIsTheLocation) {
  model::Report report = testing::small_report();
  report.snapshot.dump.path = "/var/crash/a b/vmcore";
  const json result = run_of(report)["results"][1];
  EXPECT_EQ(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            "file:///var/crash/a%20b/vmcore");
}

TEST(Sarif, StacksAndProblemsAreCarried) {
  const json run = run_of(testing::small_report());
  const json stack = run["results"][0]["stacks"][0];
  EXPECT_EQ(stack["message"]["text"], "taken here:");
  EXPECT_EQ(stack["frames"].size(), 2U);
  EXPECT_EQ(stack["frames"][0]["module"], "lk_inconsistent");
  const json notifications = run["invocations"][0]["toolExecutionNotifications"];
  EXPECT_EQ(
      notifications[0]["message"]["text"],
      "task_struct at 0xffff888100300000: page excluded from the dump; one task is not listed");
}

TEST(Sarif, ARuleThatNobodyExplainedIsListedAllTheSame) {
  model::Report report = testing::small_report();
  report.findings[0].rule = "unheard-of";
  const json run = run_of(report);
  const size_t index = run["results"][0]["ruleIndex"];
  EXPECT_EQ(run["tool"]["driver"]["rules"][index]["id"], "unheard-of");
}

TEST(Sarif, BytesThatAreNoTextDoNotBreakIt) {
  model::Report report = testing::small_report();
  report.findings[0].title = "\xff\x1b";
  report.findings[0].signature = "\xc3";
  report.findings[0].evidence[1].stack[0].file = "/\xfe x";
  EXPECT_EQ(run_of(report)["results"].size(), 2U);
}

}  // namespace
}  // namespace kmortem::report
