// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/proc_reachability.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/proc_graph.h"

namespace kmortem::report {
namespace {

using ::testing::ElementsAre;

enum : int { A, B, C, D };

TEST(Reachability, CountsTheClassItself) {
  auto lockdep = classes(3);
  add(&lockdep, A, B);
  const auto reach = count_reachable(lockdep);
  EXPECT_THAT(reach.forward, ElementsAre(2, 1, 1));
  EXPECT_THAT(reach.backward, ElementsAre(1, 2, 1));
}

TEST(Reachability, FollowsPathsAndMeetsEachClassOnce) {
  auto lockdep = classes(4);
  add(&lockdep, A, B);
  add(&lockdep, A, C);
  add(&lockdep, B, D);
  add(&lockdep, C, D);
  const auto reach = count_reachable(lockdep);
  EXPECT_THAT(reach.forward, ElementsAre(4, 2, 2, 1));
  EXPECT_THAT(reach.backward, ElementsAre(1, 2, 2, 4));
}

TEST(Reachability, ARecursiveReaderThenASharedOneIsNoPath) {
  auto lockdep = classes(3);
  add(&lockdep, A, B, kER);
  add(&lockdep, B, C, kSN);
  const auto reach = count_reachable(lockdep);
  EXPECT_THAT(reach.forward, ElementsAre(2, 2, 1));
  // Backward from C: -(S*)<- then -(*R)<- is the same pair.
  EXPECT_THAT(reach.backward, ElementsAre(1, 2, 2));
}

TEST(Reachability, OneOfTwoEdgesBetweenTheSameClassesIsEnough) {
  auto lockdep = classes(3);
  add(&lockdep, A, B, kER);
  add(&lockdep, B, C, kSN | kEN);
  EXPECT_THAT(count_reachable(lockdep).forward, ElementsAre(3, 2, 1));
}

// The search marks a class visited before it looks whether the path is strong: the weak path that
// it meets first hides the strong one.
TEST(Reachability, AWeakPathMetFirstHidesTheStrongOne) {
  auto hidden = classes(4);
  add(&hidden, A, B, kER);
  add(&hidden, A, D, kEN);
  add(&hidden, B, C, kSN);
  add(&hidden, D, C, kEN);
  EXPECT_EQ(count_reachable(hidden).forward[A], 3U);

  auto seen = classes(4);
  add(&seen, A, D, kEN);
  add(&seen, A, B, kER);
  add(&seen, B, C, kSN);
  add(&seen, D, C, kEN);
  EXPECT_EQ(count_reachable(seen).forward[A], 4U);
}

TEST(Reachability, BeforeStrongPathsEveryPathCounts) {
  auto lockdep = classes(3);
  lockdep.features.strong_paths = false;
  add(&lockdep, A, B, 0);
  add(&lockdep, B, C, 0);
  const auto reach = count_reachable(lockdep);
  EXPECT_THAT(reach.forward, ElementsAre(3, 2, 1));
  EXPECT_THAT(reach.backward, ElementsAre(1, 2, 3));
}

TEST(Reachability, BeforeStrongPathsACycleCountsTheRootTwice) {
  auto lockdep = classes(2);
  add(&lockdep, A, B);
  add(&lockdep, B, A);
  EXPECT_THAT(count_reachable(lockdep).forward, ElementsAre(2, 2));
  lockdep.features.strong_paths = false;
  EXPECT_THAT(count_reachable(lockdep).forward, ElementsAre(3, 3));
}

TEST(Reachability, AFullQueueEndsTheSearch) {
  auto lockdep = classes(8);
  lockdep.features.circular_queue_size = 4;
  for (int i = 1; i < 8; ++i) add(&lockdep, A, i);
  // One list takes one place in the queue.
  EXPECT_EQ(count_reachable(lockdep).forward[A], 8U);
  // Until 5.9 every neighbour took one, three places are usable, and the fourth was counted.
  lockdep.features.strong_paths = false;
  EXPECT_EQ(count_reachable(lockdep).forward[A], 5U);
}

TEST(Reachability, ADamagedEdgeEndsTheSearch) {
  auto lockdep = classes(3);
  add(&lockdep, A, B);
  add(&lockdep, A, C);
  lockdep.dependencies[lockdep.classes[A].locks_after[0]].to = -1;
  EXPECT_EQ(count_reachable(lockdep).forward[A], 1U);
}

TEST(Reachability, NothingIsCountedWithoutProveLocking) {
  auto lockdep = classes(2);
  lockdep.features.prove_locking = false;
  EXPECT_THAT(count_reachable(lockdep).forward, ElementsAre(0, 0));
}

}  // namespace
}  // namespace kmortem::report
