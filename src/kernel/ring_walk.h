// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/read_error.h"

namespace kmortem::kernel {

/// A struct list_head's two pointers.
struct ListLinks {
  uint64_t next = 0;
  uint64_t prev = 0;
};

/// How a walk over a list ended.
struct RingWalk {
  size_t kept = 0;         ///< elements passed to `keep`
  bool complete = true;    ///< came back to the head, every link confirmed by its neighbour
  uint64_t broken_at = 0;  ///< the first list_head where it did not
  std::string reason;      ///< "page excluded from the dump", "its neighbour ...", ...
};

/// What the walker asks of its caller, element by element.
struct RingVisitor {
  /// Reads the element whose list_head is at `node` and returns that list_head.
  std::function<ReadResult<ListLinks>(uint64_t node)> load;
  /// Takes the element that was loaded last: its links agreed with its neighbour's.
  std::function<void(uint64_t node)> keep;
};

/// Visits each element of the kernel's circular list `head` once. Where the list is broken, what
/// lies behind is reached backwards from its tail. An element counts only if it points back at the
/// one it was reached from, so that a wild pointer does not turn garbage into an element.
RingWalk walk_ring(uint64_t head, ListLinks links_of_head, size_t limit,
                   const RingVisitor& visitor);

}  // namespace kmortem::kernel
