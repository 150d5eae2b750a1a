// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernel/ring_walk.h"
#include "kernel/target.h"
#include "locks/lockdep_layout.h"
#include "model/lock_state.h"

namespace kmortem::locks {

/// One entry of a lock's list or tree of waiters.
struct Waiter {
  uint64_t task = 0;
  uint64_t node = 0;    ///< the waiter structure, on the task's stack
  bool shared = false;  ///< wants to read
};

struct WaiterList {
  std::vector<Waiter> waiters;  ///< in the queue's order; rt_mutex: by priority
  bool complete = true;
  std::string reason;      ///< why not
  uint64_t broken_at = 0;  ///< where the links stop agreeing
};

/// Where a waiter structure has what a walk needs, from its list_head (or rb_node) on. Behind it
/// lie the entries of all kernels from 3.10 to 7.1, where the debuginfo does not have the type: it
/// is defined in a source file that an analysis need not read, and these members never moved.
struct WaiterLayout {
  uint64_t links = 0;  ///< offset of the list_head in the structure
  uint64_t task = 16;
  OptionalField shared;  ///< rwsem_waiter.type, wait_queue_entry.flags
  uint64_t shared_mask = ~uint64_t{0};
};

WaiterLayout waiter_layout(const kernel::Target& target, model::LockType type);

/// Reads who waits for a sleeping lock.
class WaiterReader {
 public:
  explicit WaiterReader(const kernel::Target& target);

  /// The waiters of the lock at `address`. Empty for types that queue nobody.
  WaiterList read(model::LockType type, uint64_t address) const;

  /// The offset of the list's head in the type; nothing when it has none of that form.
  OptionalField list_head(model::LockType type) const;
  /// mutex, rw_semaphore and semaphore of 7.x: a pointer into a circle without a head.
  OptionalField first_waiter(model::LockType type) const;

 private:
  struct Place {
    model::LockType type;
    OptionalField head, first, tree, plist;
    WaiterLayout layout;
  };
  const Place* place(model::LockType type) const;
  WaiterList read_list(const Place& place, uint64_t head) const;
  WaiterList read_circle(const Place& place, uint64_t pointer) const;
  Place make_place(model::LockType type) const;

  const kernel::Target target_;
  std::vector<Place> places_;
};

/// The waiters in an rt_mutex's rb-tree whose root pointer is at `root`, leftmost first, and those
/// on the plist (until 3.13) whose head is at `head`.
WaiterList read_rt_tree(const kernel::Target& target, uint64_t root);
WaiterList read_rt_plist(const kernel::Target& target, uint64_t head);

/// No list is followed further.
inline constexpr size_t kMostWaiters = 65536;

}  // namespace kmortem::locks
