// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/inconsistencies.h"

#include <utility>

namespace kmortem::locks {

namespace {
constexpr size_t kKept = 100;
}

void note_inconsistency(model::Lockdep* lockdep, std::string line) {
  if (lockdep->inconsistencies.size() < kKept) lockdep->inconsistencies.push_back(std::move(line));
}

}  // namespace kmortem::locks
