// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "model/frame.h"

namespace kmortem::model {

/// struct lock_time: nanoseconds.
struct LockTime {
  int64_t min = 0;
  int64_t max = 0;
  int64_t total = 0;
  uint64_t count = 0;
};

/// A place where a lock was contended, or held against others (LOCKSTAT_POINTS of each).
struct ContentionPoint {
  uint64_t address = 0;
  uint64_t count = 0;
  Frame frame;  ///< `address` itself symbolised, as %pS does
};

/// What CONFIG_LOCK_STAT counted of one lock class, summed over the possible CPUs (lock_stats()).
struct ClassStatistics {
  unsigned class_index = 0;
  /// By enum bounce_type: acquired by writers, by readers; contended by writers, by readers.
  std::array<uint64_t, 4> bounces{};
  LockTime read_wait, write_wait, read_hold, write_hold;
  std::vector<ContentionPoint> contention;  ///< who waited, up to the first empty point
  std::vector<ContentionPoint> contending;  ///< who released it to a waiter
};

}  // namespace kmortem::model
