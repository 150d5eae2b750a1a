// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>

#include "base/timer.h"
#include "model/snapshot.h"
#include "postmortem/open_dump.h"

namespace kmortem::postmortem {

/// Which parts of the kernel a command needs: nothing else is read.
struct SnapshotParts {
  bool tasks = false;
  bool modules = false;
  bool log = false;
  bool softirqs = false;
  bool lockdep = false;
  bool memory_scan = false;
  bool stacks = false;  ///< of every CPU and task; needs tasks, and modules for their frames
  bool locks = false;   ///< owners and waiters; needs tasks, lockdep and stacks
  std::function<bool(const model::Task&)> stacks_of = {};  ///< of which tasks; empty: of all
  bool infer_owners = false;     ///< of spinlocks, as without lock debugging: for tests
  bool lock_statistics = false;  ///< what CONFIG_LOCK_STAT counted; needs lockdep
  bool without_orc = false;      ///< stacks as of a kernel without ORC tables: for tests

  static SnapshotParts everything() {
    return {true, true, true, true, true, true, true, true, {}, false, false, false};
  }
};

/// Reads the dead kernel. Never fails as a whole: what cannot be read is in `problems`.
model::Snapshot read_snapshot(OpenedDump& opened, const SnapshotParts& parts, PhaseTimes* times);

}  // namespace kmortem::postmortem
