// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstring>
#include <vector>

#include "base/checked.h"
#include "kernel/record.h"
#include "locks/waiter_lists.h"

namespace kmortem::locks {

namespace {

// A red-black tree of all tasks there can be is not half as deep.
constexpr size_t kDeepest = 64;

struct RbNode {
  uint64_t parent_color = 0;
  uint64_t right = 0;
  uint64_t left = 0;
  uint64_t parent() const { return parent_color & ~uint64_t{3}; }
};

/// rt_mutex_waiter: the tree's node is tree.entry since 6.5, tree_entry before, and list_entry on a
/// plist until 3.13.
struct RtWaiterFields {
  explicit RtWaiterFields(const debuginfo::TypeTable& types)
      : task(types.field("rt_mutex_waiter.task")), node(types.field("rt_mutex_waiter.tree.entry")) {
    if (!node) node = types.field("rt_mutex_waiter.tree_entry");
    on_plist = types.field("rt_mutex_waiter.list_entry.node_list");
  }
  OptionalField task, node, on_plist;
};

class TreeWalk {
 public:
  TreeWalk(const kernel::Target& target, debuginfo::Field node, debuginfo::Field task)
      : target_(target), node_(node), task_(task) {}

  WaiterList run(uint64_t root) {
    descend(root, 0);
    while (list_.complete && !path_.empty()) {
      const auto [at, right] = path_.back();
      path_.pop_back();
      if (!keep(at)) break;
      descend(right, at);
    }
    return std::move(list_);
  }

 private:
  struct Step {
    uint64_t at;
    uint64_t right;
  };

  /// Pushes `at` and everything left of it; each child must point back at its parent.
  void descend(uint64_t at, uint64_t parent) {
    while (at != 0) {
      RbNode node;
      auto done = target_.memory.read(at, std::as_writable_bytes(std::span(&node, 1)));
      if (!done) return stop(at, std::string(describe(done.error().kind)));
      if (node.parent() != parent) return stop(at, "a node does not point back at its parent");
      if (path_.size() >= kDeepest) return stop(at, "the tree is deeper than any real one");
      path_.push_back({at, node.right});
      parent = at;
      at = node.left;
    }
  }

  bool keep(uint64_t at) {
    const uint64_t waiter = at - node_.offset;
    const auto task = target_.memory.read_u64(waiter + task_.offset);
    if (!task) {
      stop(at, std::string(describe(task.error().kind)));
      return false;
    }
    if (list_.waiters.size() >= kMostWaiters) {
      stop(at, "the tree is larger than any real one");
      return false;
    }
    list_.waiters.push_back({*task, waiter, false});
    return true;
  }

  void stop(uint64_t at, std::string reason) {
    list_.complete = false;
    list_.broken_at = at;
    list_.reason = std::move(reason);
  }

  const kernel::Target& target_;
  debuginfo::Field node_, task_;
  std::vector<Step> path_;
  WaiterList list_;
};

WaiterList unknown_waiter(uint64_t at) {
  WaiterList list;
  list.complete = false;
  list.broken_at = at;
  list.reason = "struct rt_mutex_waiter is not in the debuginfo";
  return list;
}

}  // namespace

WaiterList read_rt_tree(const kernel::Target& target, uint64_t root) {
  const auto first = target.memory.read_u64(root);
  WaiterList list;
  if (!first) {
    list.complete = false;
    list.broken_at = root;
    list.reason = describe(first.error().kind);
    return list;
  }
  if (*first == 0) return list;
  const RtWaiterFields fields(target.types);
  if (!fields.node || !fields.task) return unknown_waiter(*first);
  return TreeWalk(target, *fields.node, *fields.task).run(*first);
}

WaiterList read_rt_plist(const kernel::Target& target, uint64_t head) {
  kernel::ListLinks links;
  WaiterList list;
  auto done = target.memory.read(head, std::as_writable_bytes(std::span(&links, 1)));
  if (!done) {
    list.complete = false;
    list.broken_at = head;
    list.reason = describe(done.error().kind);
    return list;
  }
  if (links.next == head && links.prev == head) return list;
  const RtWaiterFields fields(target.types);
  if (!fields.on_plist || !fields.task) return unknown_waiter(links.next);
  uint64_t task = 0;
  const auto load = [&](uint64_t node) -> ReadResult<kernel::ListLinks> {
    kernel::ListLinks own;
    auto read = target.memory.read(node, std::as_writable_bytes(std::span(&own, 1)));
    if (!read) return std::unexpected(read.error());
    const auto owner = target.memory.read_u64(node - fields.on_plist->offset + fields.task->offset);
    if (!owner) return std::unexpected(owner.error());
    task = *owner;
    return own;
  };
  const auto keep = [&](uint64_t node) {
    list.waiters.push_back({task, node - fields.on_plist->offset, false});
  };
  const auto walk = kernel::walk_ring(head, links, kMostWaiters, {load, keep});
  list.complete = walk.complete;
  list.reason = walk.reason;
  list.broken_at = walk.broken_at;
  return list;
}

}  // namespace kmortem::locks
