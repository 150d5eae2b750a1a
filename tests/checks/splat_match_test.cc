// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/splat_match.h"

#include <gtest/gtest.h>

#include "snapshots.h"

namespace kmortem::checks {
namespace {

using model::Splat;
using model::SplatMatch;
using model::SplatRole;
using model::SplatType;

model::SplatLock lock(const std::string& name, SplatRole role, const std::string& usage = "....",
                      int depth = -1) {
  model::SplatLock lock;
  lock.name = name;
  lock.usage = usage;
  lock.role = role;
  lock.depth = depth;
  return lock;
}

/// "b" taken under "a", with a → b → a refused: b → a is recorded.
Splat circular() {
  Splat splat;
  splat.type = SplatType::circular;
  splat.locks = {lock("b", SplatRole::acquiring), lock("a", SplatRole::holding),
                 lock("a", SplatRole::chain, "....", 1), lock("b", SplatRole::chain, "....", 0)};
  splat.names = {"b", "a"};
  return splat;
}

model::Snapshot with_classes(bool recorded) {
  model::Snapshot snapshot = testing::lockdep_snapshot();
  testing::add_class(snapshot, 1, "a", 0xffffffff82000000);
  testing::add_class(snapshot, 2, "b", 0xffffffff82000100);
  if (recorded) {
    snapshot.lockdep.dependencies = {{0xffffffff83000000, 2, 1, 1, 8, -1}};
    snapshot.lockdep.classes[1].locks_after = {0};
  }
  return snapshot;
}

SplatMatch matched(const model::Snapshot& snapshot, Splat splat) {
  match_splat(snapshot, splat);
  EXPECT_EQ(splat.matched_by.empty(), splat.matched == SplatMatch::not_compared);
  return splat.matched;
}

TEST(SplatMatch, ACycleIsConfirmedByTheRecordedDependencies) {
  EXPECT_EQ(matched(with_classes(true), circular()), SplatMatch::confirmed);
  EXPECT_EQ(matched(with_classes(false), circular()), SplatMatch::contradicted);
}

TEST(SplatMatch, AClassThatIsNotThereLeavesTheLogAlone) {
  EXPECT_EQ(matched(testing::lockdep_snapshot(), circular()), SplatMatch::only_in_log);
}

TEST(SplatMatch, UsageMustBeInTheTables) {
  Splat splat;
  splat.type = SplatType::inconsistent_state;
  splat.locks = {lock("a", SplatRole::acquiring, "+.?.")};
  model::Snapshot snapshot = with_classes(false);
  EXPECT_EQ(matched(snapshot, splat), SplatMatch::contradicted);
  snapshot.lockdep.classes[0].usage = "+.?.";
  EXPECT_EQ(matched(snapshot, splat), SplatMatch::confirmed);
  snapshot.lockdep.classes[0].usage = "?.?.";  // used on, by a report that stops nothing
  EXPECT_EQ(matched(snapshot, splat), SplatMatch::confirmed);
}

TEST(SplatMatch, WithoutLockdepNothingIsCompared) {
  EXPECT_EQ(matched(model::Snapshot(), circular()), SplatMatch::not_compared);
}

TEST(SplatMatch, AStallIsConfirmedWhileItLasts) {
  Splat splat;
  splat.type = SplatType::hung_task;
  splat.tasks = {{"waiter", 40, "waiter:40"}};
  model::Snapshot snapshot;
  EXPECT_EQ(matched(snapshot, splat), SplatMatch::not_compared);
  model::Task task;
  task.pid = 40;
  task.comm = "waiter";
  task.state = 'D';
  snapshot.tasks = {task};
  EXPECT_EQ(matched(snapshot, splat), SplatMatch::confirmed);
  snapshot.tasks[0].state = 'S';
  EXPECT_EQ(matched(snapshot, splat), SplatMatch::only_in_log);
  snapshot.tasks[0].comm = "other";
  EXPECT_EQ(matched(snapshot, splat), SplatMatch::only_in_log);
}

}  // namespace
}  // namespace kmortem::checks
