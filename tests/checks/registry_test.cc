// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "checks/explain.h"
#include "snapshots.h"

namespace kmortem::checks {
namespace {

using namespace testing;

// Investigation of a false report: a spinlock on the novalidate key, and what the log said.
model::Snapshot novalidate() {
  model::Snapshot snapshot = lockdep_snapshot();
  snapshot.lockdep.enabled = false;
  add_class(snapshot, 5, "&dev->mutex", kNoValidate, 3).key_symbol = "__lockdep_no_validate__";
  add_map(snapshot, 0xffff888100000018, "&dev->mutex", kNoValidate, 5, 3);
  add_map(snapshot, 0xffff888100e66298, "&txq->_xmit_lock", kNoValidate, 5, 2);
  log_line(snapshot, 1880.24, "[ BUG: Invalid wait context ]");
  log_line(snapshot, 1880.24, "tc/6787 is trying to lock:");
  log_line(snapshot, 1880.24, "ffff888100e66298 (&dev->mutex){....}-{3:3}, at: f+0x4b/0x90");
  return snapshot;
}

TEST(Registry, FindingsAreOrderedAndLinkedToTheirCause) {
  const auto findings = run_checks(novalidate());
  std::vector<std::string> rules;
  for (const model::Finding& finding : findings) rules.push_back(finding.rule);
  // Of the wait context only the log tells: tc is not among the tasks.
  ASSERT_THAT(rules, ::testing::ElementsAre("shared-lock-key", "class-cache-alias", "wait-context",
                                            "lockdep-off"));
  EXPECT_EQ(findings[0].consequence_of, std::nullopt);
  EXPECT_EQ(findings[1].consequence_of, 0U);
  EXPECT_EQ(findings[2].consequence_of, 1U);
  EXPECT_EQ(findings[3].consequence_of, 2U);
}

TEST(Registry, OnlyTheRulesAskedFor) {
  const auto findings = run_checks(novalidate(), {"lockdep-off", "no-such-rule"});
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].rule, "lockdep-off");
  EXPECT_EQ(findings[0].consequence_of, std::nullopt);
}

TEST(Registry, UnrelatedFindingsAreNotLinked) {
  model::Snapshot snapshot = novalidate();
  model::LockClass& other = add_class(snapshot, 9, "&x->lock", 0xffffffff82000000);
  mark(other, kInSoftirq);
  mark(other, kSoftirqOn);
  const auto findings = run_checks(snapshot, {"irq-inconsistent", "shared-lock-key"});
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].rule, "irq-inconsistent");
  EXPECT_EQ(findings[0].consequence_of, std::nullopt);
  EXPECT_EQ(findings[1].consequence_of, std::nullopt);
}

TEST(Registry, LockdepOffFollowsFromWhatItsReportShows) {
  model::Snapshot snapshot = lockdep_snapshot();
  snapshot.lockdep.enabled = false;
  model::LockClass& lock_class = add_class(snapshot, 9, "&x->lock", 0xffffffff82000000);
  mark(lock_class, kInSoftirq);
  mark(lock_class, kSoftirqOn);
  log_line(snapshot, 2.0, "WARNING: inconsistent lock state");
  log_line(snapshot, 2.0, "ffff888100e66298 (&x->lock){+.?.}-{2:2}, at: f+0x4b/0x90");
  const auto findings = run_checks(snapshot);
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[1].rule, "lockdep-off");
  EXPECT_EQ(findings[1].consequence_of, 0U);
}

TEST(Registry, AnEmptySnapshotHasNoFindings) {
  EXPECT_TRUE(run_checks(model::Snapshot{}).empty());
}

TEST(Registry, NoSignatureOrTitleIsMissing) {
  for (const model::Finding& finding : run_checks(novalidate())) {
    EXPECT_FALSE(finding.title.empty()) << finding.rule;
    EXPECT_FALSE(finding.explanation.empty()) << finding.rule;
    EXPECT_FALSE(finding.remedy.empty()) << finding.rule;
    EXPECT_TRUE(finding.signature.starts_with(finding.rule + ":")) << finding.signature;
    EXPECT_EQ(finding.signature.find("0x"), std::string::npos) << finding.signature;
  }
}

TEST(Registry, EveryRuleHasAnExplanation) {
  for (const Rule& rule : rules()) {
    EXPECT_NE(find_explanation(rule.name), nullptr) << rule.name;
    EXPECT_EQ(find_rule(rule.name), &rule);
  }
  EXPECT_EQ(find_rule("no-such-rule"), nullptr);
}

}  // namespace
}  // namespace kmortem::checks
