// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/problems.h"

#include <algorithm>
#include <utility>

namespace kmortem::model {

void Problems::add(Problem problem) {
  auto same = [&](const Problem& known) {
    return known.structure == problem.structure && known.reason == problem.reason &&
           known.consequence == problem.consequence;
  };
  auto it = std::find_if(all_.begin(), all_.end(), same);
  if (it != all_.end()) {
    it->count += problem.count;
    return;
  }
  all_.push_back(std::move(problem));
}

}  // namespace kmortem::model
