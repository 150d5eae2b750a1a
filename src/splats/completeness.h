// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <optional>

#include "model/splat.h"

namespace kmortem::splats {

/// What was seen of a report beside what the Splat holds.
struct Evidence {
  std::optional<size_t> held_announced;  ///< "N locks held by"; nothing when the line is missing
  size_t held_seen = 0;                  ///< lines of that list
  bool stack = false;                    ///< a stack of its own
  bool broken_stack = false;             ///< with a frame that is cut
  bool lost_lines = false;               ///< the log says so
  bool turned_off = false;               ///< "lockdep is turned off" stands in the list's place
  bool stall_ended = false;              ///< an RCU stall that ended before anything was printed
};

/// Every part that the kernel prints in a report of this type is there.
bool is_complete(const model::Splat& splat, const Evidence& evidence);

}  // namespace kmortem::splats
