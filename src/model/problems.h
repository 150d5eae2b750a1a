// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kmortem::model {

/// Something that could not be read or did not add up, and what that costs the report.
struct Problem {
  std::string structure;    ///< what was being read: "task_struct", "lock_classes"
  uint64_t address = 0;     ///< where; 0 when it has no address
  std::string reason;       ///< "page excluded from the dump"
  std::string consequence;  ///< "the held locks of this task are not listed"
  uint64_t count = 1;       ///< how many times it happened alike; `address` is the first
};

/// Collects problems; the same structure, reason and consequence is one entry with a count, so
/// that a thousand missing pages do not bury the rest.
class Problems {
 public:
  void add(Problem problem);
  const std::vector<Problem>& all() const { return all_; }

 private:
  std::vector<Problem> all_;
};

}  // namespace kmortem::model
