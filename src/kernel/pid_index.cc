// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/pid_index.h"

#include <array>
#include <optional>
#include <span>
#include <unordered_set>

#include "dump/memory.h"
#include "kernel/ring_walk.h"

namespace kmortem::kernel {

namespace {

// 22 bits of pid (PID_MAX_LIMIT), 6 a node; a node that leads to itself ends here.
constexpr unsigned kDeepest = 8;
constexpr size_t kMostEntries = 4 << 20;
constexpr size_t kMostNodes = kMostEntries / 8;
// struct radix_tree_node and xa_node, alike from 4.15 on, which few files of the kernel have
// complete: four bytes and four of padding, two pointers, a list_head, the slots. There are 64 of
// them, or 16 with CONFIG_BASE_SMALL; what lies behind those does not lead to a task that names its
// pid.
constexpr uint64_t kSlotsOffset = 40;
constexpr uint64_t kSlots = 64;

class PidIndex {
 public:
  explicit PidIndex(const Target& target) : target_(target) {
    const debuginfo::TypeTable& types = target.types;
    root_ = types.field("pid_namespace.idr.idr_rt.xa_head");
    if (!root_) {
      root_ = types.field("pid_namespace.idr.idr_rt.rnode");
      node_mark_ = 1;
    }
    list_ = types.field("pid.tasks");
    // An array of pid_link until 4.18, whose first member is the node.
    link_ = types.first_field({"task_struct.pid_links", "task_struct.pids"});
    own_pid_ = types.field("task_struct.thread_pid");
  }

  TasksByPid read() {
    const auto space = target_.symbol("init_pid_ns");
    if (!space || !root_ || !list_ || !link_) return {};
    result_.whole = true;
    if (const auto entry = word(*space + root_->offset)) follow(*entry, 0);
    return std::move(result_);
  }

 private:
  std::optional<uint64_t> word(uint64_t address) {
    const auto value = target_.memory.read_u64(address);
    if (!value) result_.whole = false;
    return value ? std::optional(*value) : std::nullopt;
  }

  void follow(uint64_t entry, unsigned depth) {
    if (entry == 0 || !dump::is_kernel_address(entry)) return;
    const uint64_t mark = entry & 3;
    if (mark == 0) {
      take(entry);
    } else if (mark == node_mark_) {
      follow_node(entry - mark, depth);
    }
  }

  void follow_node(uint64_t node, unsigned depth) {
    if (depth >= kDeepest || nodes_.size() >= kMostNodes || !nodes_.insert(node).second) {
      result_.whole = false;
      return;
    }
    std::array<uint64_t, kSlots> slots = {};
    auto done = target_.memory.read(node + kSlotsOffset, std::as_writable_bytes(std::span(slots)));
    if (!done) {
      result_.whole = false;
      return;
    }
    for (const uint64_t entry : slots) {
      if (result_.tasks.size() < kMostEntries) follow(entry, depth + 1);
    }
  }

  // struct pid: tasks[PIDTYPE_PID] is the first list. A pid that is only a group's or session's has
  // no task of its own.
  void take(uint64_t pid) {
    const auto first = word(pid + list_->offset);
    if (!first || !dump::is_kernel_address(*first)) return;
    const uint64_t task = *first - link_->offset;
    // thread_pid since 4.19; before, the pid_link named it behind its node.
    const uint64_t own = own_pid_ ? task + own_pid_->offset : *first + sizeof(ListLinks);
    const auto named = target_.memory.read_u64(own);
    if (named && *named == pid) result_.tasks.push_back(task);
  }

  const Target& target_;
  std::optional<debuginfo::Field> root_, list_, link_, own_pid_;
  /// How an entry says that it is a node and no pid: xa_is_internal() of xarray.h, and
  /// RADIX_TREE_INTERNAL_NODE of radix-tree.h before.
  uint64_t node_mark_ = 2;
  std::unordered_set<uint64_t> nodes_;
  TasksByPid result_;
};

}  // namespace

TasksByPid read_tasks_by_pid(const Target& target) {
  return PidIndex(target).read();
}

}  // namespace kmortem::kernel
