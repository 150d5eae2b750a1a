// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/ring_walk.h"

#include <utility>

namespace kmortem::kernel {

namespace {

class Walker {
 public:
  Walker(uint64_t head, size_t limit, const RingVisitor& visitor)
      : head_(head), limit_(limit), visitor_(visitor) {}

  /// Follows `direction` from the head to the head, or to damage. True when it got to the head.
  /// No visited set: an element has one `back`, so one that is reached a second time, necessarily
  /// from elsewhere, does not agree with where it was reached from.
  bool follow(uint64_t node, uint64_t ListLinks::* direction, uint64_t ListLinks::* back) {
    uint64_t from = head_;
    while (node != head_) {
      if (walk_.kept >= limit_) return stop(node, "the list is longer than any real one");
      const auto links = visitor_.load(node);
      if (!links) return stop(node, std::string(describe(links.error().kind)));
      if ((*links).*back != from) return stop(node, "its neighbour does not point back at it");
      visitor_.keep(node);
      ++walk_.kept;
      from = node;
      node = (*links).*direction;
    }
    return true;
  }

  RingWalk& result() { return walk_; }

 private:
  bool stop(uint64_t node, std::string reason) {
    if (!walk_.complete) return false;  // the first damage is the one to tell
    walk_.complete = false;
    walk_.broken_at = node;
    walk_.reason = std::move(reason);
    return false;
  }

  uint64_t head_;
  size_t limit_;
  const RingVisitor& visitor_;
  RingWalk walk_;
};

}  // namespace

RingWalk walk_ring(uint64_t head, ListLinks links_of_head, size_t limit,
                   const RingVisitor& visitor) {
  Walker walker(head, limit, visitor);
  if (!walker.follow(links_of_head.next, &ListLinks::next, &ListLinks::prev)) {
    walker.follow(links_of_head.prev, &ListLinks::prev, &ListLinks::next);
  }
  return std::move(walker.result());
}

}  // namespace kmortem::kernel
