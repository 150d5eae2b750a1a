// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "model/frame.h"
#include "model/grade.h"

namespace kmortem::model {

/// Bits of lock_list.dep (5.10): the first letter is how the earlier lock is held (shared by a
/// reader, or exclusive), the second whether the later one waits for readers (N) or is a recursive
/// reader, which does not (R). Several may be set: the order was seen in several ways.
enum OrderKind : unsigned {
  kSharedRecursive = 1,
  kExclusiveRecursive = 2,
  kSharedWaiting = 4,
  kExclusiveWaiting = 8,
  kEveryOrder = 15,  ///< older kernels, which do not tell them apart
};

/// LockClass::lock_type: enum lockdep_lock_type (5.11). A local_lock excludes nobody, and an
/// override is no lock at all: both are passed over when interrupts are looked at.
inline constexpr unsigned kNormalLock = 0;

/// Where an edge of the order graph comes from.
enum class OrderOrigin : uint8_t {
  recorded,  ///< lockdep's own list of dependencies
  refused,   ///< the acquisition that made lockdep stop: it is in no list
  live,      ///< what a task or CPU holds and waits for at the time of the dump
  log,       ///< only the report in the log has it: the tables do not, or cannot be read
};

/// A lock class; or a lock that was first taken after lockdep stopped, and got no class.
struct OrderNode {
  int class_index = -1;  ///< LockClass::index; -1: it has no class
  std::string name;      ///< the class's, as /proc/lockdep prints it; else the lock's own
};

/// Whoever holds `from` took `to`, or waits for it.
struct OrderEdge {
  size_t from = 0;  ///< places in OrderGraph::nodes
  size_t to = 0;
  OrderOrigin origin = OrderOrigin::recorded;
  Grade grade = Grade::proven;
  unsigned kinds = kEveryOrder;
  unsigned distance = 1;              ///< 1: nothing was taken between the two
  uint64_t address = 0;               ///< recorded: of the lock_list; else 0
  int trace = -1;                     ///< recorded: Lockdep::traces, how `to` was taken; else -1
  uint64_t task = 0;                  ///< refused, live: the task; 0 when not known
  int cpu = -1;                       ///< live: where it runs; -1
  Stack stack;                        ///< not recorded: what it was or is doing
  int taker = -1;                     ///< place in `stack` of who asked for `to`; -1
  std::string call;                   ///< refused, live: "mutex_lock"; empty when not known
  std::string taken_by;               ///< "spm_sleep [48]"; empty when not known
  std::vector<std::string> evidence;  ///< one fact a line: what says that this order happened
};

/// The lock order with everything that is known of it: docs/order-graph.md.
struct OrderGraph {
  std::vector<OrderNode> nodes;
  std::vector<OrderEdge> edges;  ///< recorded ones first, then refused, live, log
  std::map<int, size_t> node_of_class;

  /// The node of a class, which is made when there is none; and one for a lock without class.
  size_t node_for(int class_index, const std::string& name);
};

/// "recorded", "refused", "live", "log".
const char* origin_name(OrderOrigin origin);

}  // namespace kmortem::model
