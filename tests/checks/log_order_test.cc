// SPDX-License-Identifier: GPL-3.0-or-later
// Orders that the tables lack and the report in the log has.
#include "checks/log_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checks/order_graph.h"
#include "checks/rules.h"
#include "order_scenarios.h"

namespace kmortem::checks {
namespace {

using namespace testing;
using model::OrderOrigin;
using model::SplatRole;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

void name_lock(model::Splat& splat, const char* name, SplatRole role, int depth = -1) {
  model::SplatLock lock;
  lock.name = name;
  lock.role = role;
  lock.depth = depth;
  lock.line = splat.locks.size() + 1;
  splat.locks.push_back(lock);
}

// The report of `chain`, as printed: the last link first, "-> #0" what was asked for.
model::Splat circular(const std::vector<const char*>& chain) {
  model::Splat splat;
  splat.type = model::SplatType::circular;
  splat.title = "WARNING: possible circular locking dependency detected";
  splat.tasks.push_back({"worker", 48, "worker/48"});
  name_lock(splat, chain.back(), SplatRole::acquiring);
  name_lock(splat, chain.front(), SplatRole::holding);
  int depth = static_cast<int>(chain.size());
  for (const char* name : chain) {
    name_lock(splat, name, SplatRole::chain, --depth);
    for (const char* function : {"lock_acquire", "_raw_spin_lock", "take_it"}) {
      model::Frame frame;
      frame.function = function;
      splat.locks.back().stack.push_back(frame);
    }
  }
  return splat;
}

model::Snapshot stopped_snapshot() {
  model::Snapshot snapshot = lockdep_snapshot();
  snapshot.lockdep.enabled = false;
  return snapshot;
}

// "A -> B log" for each edge that is not recorded.
std::vector<std::string> edges(const model::Snapshot& snapshot) {
  const model::OrderGraph graph = order_graph(snapshot);
  std::vector<std::string> text;
  for (const model::OrderEdge& edge : graph.edges) {
    if (edge.origin == OrderOrigin::recorded) continue;
    text.push_back(graph.nodes[edge.from].name + " -> " + graph.nodes[edge.to].name + " " +
                   model::origin_name(edge.origin));
  }
  return text;
}

TEST(LogOrder, ACycleWhoseClassesAreGoneIsFoundFromTheLog) {
  model::Snapshot snapshot = stopped_snapshot();
  snapshot.splats.push_back(circular({"c", "b", "a"}));
  EXPECT_THAT(edges(snapshot), ElementsAre("b -> c log", "a -> b log", "c -> a log"));
  const auto findings = check_lock_order_cycle(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].grade, model::Grade::inferred);
  EXPECT_EQ(findings[0].locks.size(), 3U);
  EXPECT_THAT(findings[0].explanation,
              HasSubstr("in take_it() with spin_lock(): in the log alone"));
  EXPECT_THAT(findings[0].remedy, HasSubstr("take a before c everywhere"));
}

TEST(LogOrder, OnlyWhatTheTablesLackComesFromTheLog) {
  model::Snapshot snapshot = LockEvents().run("A B -B -A");
  snapshot.tasks.clear();
  snapshot.splats.push_back(circular({"B", "A"}));
  EXPECT_THAT(edges(snapshot), ElementsAre("B -> A log"));
  EXPECT_EQ(check_lock_order_cycle(snapshot).size(), 1U);
}

TEST(LogOrder, WhatAnotherWitnessTellsIsNotToldAgain) {
  model::Snapshot snapshot = LockEvents().run("A B -B -A");
  snapshot.tasks.clear();
  snapshot.lockdep.features.hlock_id_in_chains = true;
  model::LockChain chain;
  chain.hlocks = {'B', 'A'};
  snapshot.lockdep.chains.push_back(chain);
  snapshot.splats.push_back(circular({"B", "A"}));
  EXPECT_THAT(edges(snapshot), ElementsAre("B -> A refused"));
}

TEST(LogOrder, TheNewDependencyOfAnIrqOrderIsOne) {
  model::Snapshot snapshot = LockEvents().run("irq( A -A )irq B -B");
  snapshot.tasks.clear();
  EXPECT_THAT(check_irq_inversion(snapshot), IsEmpty());
  model::Splat splat;
  splat.type = model::SplatType::irq_safe_unsafe;
  name_lock(splat, "B", SplatRole::acquiring);
  name_lock(splat, "A", SplatRole::holding);
  snapshot.splats.push_back(splat);
  EXPECT_THAT(edges(snapshot), ElementsAre("A -> B log"));
  const auto findings = check_irq_inversion(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].grade, model::Grade::inferred);
}

TEST(LogOrder, OfAChainWithAGapOnlyTheNewDependencyCounts) {
  model::Snapshot snapshot = stopped_snapshot();
  model::Splat splat = circular({"c", "b", "a"});
  splat.locks.erase(splat.locks.begin() + 3);
  snapshot.splats.push_back(splat);
  EXPECT_THAT(edges(snapshot), ElementsAre("c -> a log"));
}

TEST(LogOrder, OnlyTheReportThatStoppedLockdepCounts) {
  model::Snapshot snapshot = stopped_snapshot();
  model::Splat first;
  first.type = model::SplatType::suspicious_rcu;
  snapshot.splats = {first, circular({"b", "a"})};
  EXPECT_EQ(edges(snapshot).size(), 2U);
  snapshot.splats.front().type = model::SplatType::recursive;
  EXPECT_THAT(edges(snapshot), IsEmpty());
}

TEST(LogOrder, WhatTheTablesContradictIsNoOrder) {
  model::Snapshot snapshot = stopped_snapshot();
  snapshot.splats.push_back(circular({"b", "a"}));
  snapshot.splats.front().matched = model::SplatMatch::contradicted;
  EXPECT_THAT(edges(snapshot), IsEmpty());
  // Tables that could not be read contradict nothing.
  snapshot.lockdep.read_completely = false;
  EXPECT_EQ(edges(snapshot).size(), 2U);
}

TEST(LogOrder, ANameOfSeveralClassesIsNone) {
  model::Snapshot snapshot = stopped_snapshot();
  add_class(snapshot, 1, "a", 0xffffffff82000000);
  add_class(snapshot, 2, "a", 0xffffffff82000100);
  snapshot.splats.push_back(circular({"b", "a"}));
  EXPECT_THAT(edges(snapshot), IsEmpty());
}

TEST(LogOrder, NothingWhileLockdepIsOn) {
  model::Snapshot snapshot = lockdep_snapshot();
  snapshot.splats.push_back(circular({"b", "a"}));
  EXPECT_THAT(edges(snapshot), IsEmpty());
}

}  // namespace
}  // namespace kmortem::checks
