// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/snapshot.h"

#include <algorithm>

namespace kmortem::model {

const Task* Snapshot::task_at(uint64_t address) const {
  auto it = std::find_if(tasks.begin(), tasks.end(),
                         [&](const Task& task) { return task.address == address; });
  return it == tasks.end() ? nullptr : &*it;
}

Frame Snapshot::frame(uint64_t pc) const {
  auto it = code.find(pc);
  if (it != code.end()) return it->second;
  Frame unknown;
  unknown.pc = pc;
  return unknown;
}

}  // namespace kmortem::model
