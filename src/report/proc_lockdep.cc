// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/proc_lockdep.h"

#include <fmt/core.h>

#include "report/proc_pointer.h"
#include "report/proc_reachability.h"

namespace kmortem::report {

namespace {

void add_neighbours(const model::Lockdep& lockdep, const model::LockClass& cls, std::string* out) {
  for (const unsigned index : cls.locks_after) {
    if (index >= lockdep.dependencies.size()) continue;
    const model::Dependency& dependency = lockdep.dependencies[index];
    const model::LockClass* next = lockdep.find(dependency.to);
    // Only what was taken directly after it: distance 1.
    if (dependency.distance != 1 || next == nullptr) continue;
    *out += fmt::format(" -> [{}] {}\n", proc_pointer(lockdep, next->key), next->name);
  }
}

}  // namespace

std::string proc_lockdep(const model::Lockdep& lockdep) {
  const ReachCounts reach = count_reachable(lockdep);
  // 5.15.y prints usage and dependencies only with CONFIG_PROVE_LOCKING; before, always.
  const bool whole = lockdep.features.prove_locking || !lockdep.features.array_order;
  std::string out = "all lock classes:\n";
  for (size_t i = 0; i < lockdep.classes.size(); ++i) {
    const model::LockClass& cls = lockdep.classes[i];
    out += proc_pointer(lockdep, cls.key);
    if (lockdep.features.debug_lockdep) {
      out += fmt::format(" OPS:{:>8}", static_cast<int64_t>(cls.ops));
    }
    if (lockdep.features.prove_locking) {
      out += fmt::format(" FD:{:>5} BD:{:>5}", reach.forward[i], reach.backward[i]);
    }
    if (whole) out += fmt::format(" {}", cls.usage);
    out += fmt::format(": {}\n", cls.name);
    if (!whole) continue;
    add_neighbours(lockdep, cls, &out);
    out += '\n';
  }
  return out;
}

}  // namespace kmortem::report
