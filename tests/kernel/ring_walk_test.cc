// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/ring_walk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace kmortem::kernel {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr uint64_t kHead = 100;

struct Ring {
  std::map<uint64_t, ListLinks> nodes;
  std::vector<uint64_t> kept;

  /// Links the nodes into a circle through the head.
  explicit Ring(std::vector<uint64_t> order) {
    order.insert(order.begin(), kHead);
    for (size_t i = 0; i < order.size(); ++i) {
      const size_t next = (i + 1) % order.size();
      nodes[order[i]].next = order[next];
      nodes[order[next]].prev = order[i];
    }
  }

  RingWalk walk(size_t limit = 1000) {
    RingVisitor visitor;
    visitor.load = [&](uint64_t node) -> ReadResult<ListLinks> {
      auto it = nodes.find(node);
      if (it == nodes.end()) return std::unexpected(ReadError{ReadError::Kind::excluded, node});
      return it->second;
    };
    visitor.keep = [&](uint64_t node) { kept.push_back(node); };
    return walk_ring(kHead, nodes.at(kHead), limit, visitor);
  }
};

TEST(RingWalk, VisitsAWholeListOnce) {
  Ring ring({1, 2, 3});
  EXPECT_TRUE(ring.walk().complete);
  EXPECT_THAT(ring.kept, ElementsAre(1, 2, 3));
}

TEST(RingWalk, TakesAnEmptyList) {
  Ring ring({});
  EXPECT_TRUE(ring.walk().complete);
  EXPECT_THAT(ring.kept, IsEmpty());
}

TEST(RingWalk, ReachesWhatLiesBehindDamageFromTheTail) {
  Ring ring({1, 2, 3, 4, 5});
  ring.nodes.erase(3);
  const RingWalk walk = ring.walk();
  EXPECT_FALSE(walk.complete);
  EXPECT_EQ(walk.broken_at, 3u);
  EXPECT_EQ(walk.reason, "page excluded from the dump");
  EXPECT_THAT(ring.kept, ElementsAre(1, 2, 5, 4));
}

TEST(RingWalk, DoesNotTakeAStrangerForAnElement) {
  Ring ring({1, 2, 3, 4});
  ring.nodes[50] = {51, 52};  // readable, but no neighbour of 2
  ring.nodes[2].next = 50;
  const RingWalk walk = ring.walk();
  EXPECT_EQ(walk.broken_at, 50u);
  EXPECT_THAT(ring.kept, ElementsAre(1, 2, 4, 3));
}

TEST(RingWalk, EndsWhereAListLoops) {
  Ring ring({1, 2, 3});
  ring.nodes[3].next = 1;  // a ring that never comes back to the head
  ring.nodes[1].prev = kHead;
  const RingWalk walk = ring.walk();
  EXPECT_FALSE(walk.complete);
  EXPECT_THAT(ring.kept, ElementsAre(1, 2, 3));
}

TEST(RingWalk, StopsAtItsLimit) {
  Ring ring({1, 2, 3, 4, 5, 6, 7});
  const RingWalk walk = ring.walk(3);
  EXPECT_FALSE(walk.complete);
  EXPECT_EQ(walk.kept, 3u);
}

}  // namespace
}  // namespace kmortem::kernel
