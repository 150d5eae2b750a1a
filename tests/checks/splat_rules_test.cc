// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/splat_rules.h"

#include <gtest/gtest.h>

#include "checks/registry.h"
#include "snapshots.h"

namespace kmortem::checks {
namespace {

using model::Splat;
using model::SplatRole;
using model::SplatType;

Splat recursive(const std::string& name) {
  Splat splat;
  splat.type = SplatType::recursive;
  splat.title = "WARNING: possible recursive locking detected";
  splat.time_ns = 2'000'000'000;
  splat.first_line = 7;
  splat.tasks = {{"taker", 41, "taker/41"}};
  for (const SplatRole role : {SplatRole::acquiring, SplatRole::holding, SplatRole::held}) {
    model::SplatLock lock;
    lock.name = name;
    lock.role = role;
    lock.held_by = role == SplatRole::held ? "taker/41" : "";
    splat.locks.push_back(lock);
  }
  splat.names = {name};
  return splat;
}

TEST(SplatRules, AFindingOfALogIsInferred) {
  const auto finding = splat_finding(recursive("&p->lock#2/1"));
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->rule, "recursive-lock");
  EXPECT_EQ(finding->grade, model::Grade::inferred);
  ASSERT_EQ(finding->locks.size(), 1U);
  EXPECT_EQ(finding->locks[0].lock_class, "&p->lock#2/1");
  EXPECT_EQ(finding->signature, "recursive-lock:&p->lock:?:?");
  EXPECT_EQ(finding->tasks[0].pid, 41);
  EXPECT_NE(finding->evidence[0].text.find("log, 2.00 s, line 7"), std::string::npos);
}

TEST(SplatRules, KindsWithoutARuleMakeNoFinding) {
  Splat splat;
  splat.type = SplatType::suspicious_rcu;
  EXPECT_FALSE(splat_finding(splat));
}

TEST(SplatRules, EveryRuleOfASplatIsInTheContract) {
  const std::vector<std::string_view> later = {"recursive-lock", "lock-order-cycle",
                                               "irq-inversion", "wait-context"};
  for (int type = 0; type <= static_cast<int>(SplatType::hung_task); ++type) {
    Splat splat;
    splat.type = static_cast<SplatType>(type);
    const std::string_view rule = splat_rule(splat);
    const bool known = rule.empty() || find_rule(rule) != nullptr ||
                       std::find(later.begin(), later.end(), rule) != later.end();
    EXPECT_TRUE(known) << rule;
  }
}

TEST(SplatRules, TheSameAgainIsEvidence) {
  const auto findings = splat_findings({recursive("a"), recursive("a"), recursive("b")});
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].evidence.size(), 3U);
}

TEST(SplatRules, TheReportThatStoppedLockdepBecomesAFindingWhereItsRuleFoundNothing) {
  model::Snapshot snapshot = testing::lockdep_snapshot();
  snapshot.splats = {recursive("a"), recursive("b")};
  std::vector<model::Finding> findings;
  add_splats(snapshot, findings);
  EXPECT_TRUE(findings.empty());  // lockdep runs: it is an older boot's report
  snapshot.lockdep.enabled = false;
  add_splats(snapshot, findings);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].locks[0].name, "a");
}

TEST(SplatRules, AFindingAboutTheSameGainsEvidenceAndNoTwin) {
  model::Snapshot snapshot = testing::lockdep_snapshot();
  snapshot.lockdep.enabled = false;
  snapshot.splats = {recursive("a")};
  model::Finding finding;
  finding.rule = "recursive-lock";
  finding.locks = {{"a", 0, "", "a", ""}};
  std::vector<model::Finding> findings = {finding};
  add_splats(snapshot, findings);
  ASSERT_EQ(findings.size(), 1U);
  ASSERT_EQ(findings[0].evidence.size(), 1U);
  add_splats(snapshot, findings);  // already quoted
  EXPECT_EQ(findings[0].evidence.size(), 1U);
}

TEST(SplatRules, AFindingAboutOtherLocksGainsNothing) {
  model::Snapshot snapshot = testing::lockdep_snapshot();
  snapshot.lockdep.enabled = false;
  snapshot.splats = {recursive("a")};
  model::Finding finding;
  finding.rule = "recursive-lock";
  finding.locks = {{"z", 0, "", "z", ""}};
  std::vector<model::Finding> findings = {finding};
  add_splats(snapshot, findings);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_TRUE(findings[0].evidence.empty());
}

}  // namespace
}  // namespace kmortem::checks
