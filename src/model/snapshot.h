// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "model/dump_info.h"
#include "model/lock_state.h"
#include "model/lock_statistics.h"
#include "model/lockdep.h"
#include "model/machine.h"
#include "model/problems.h"
#include "model/splat.h"
#include "model/stalls.h"

namespace kmortem::model {

/// Everything that was read of one dead kernel. Plain data: filled by readers, read by checks and
/// printers, with no way back into the dump.
struct Snapshot {
  DumpInfo dump;
  DebuginfoInfo debuginfo;
  KernelInfo kernel;
  std::vector<Cpu> cpus;
  std::vector<Task> tasks;
  std::vector<Module> modules;
  std::vector<LogRecord> log;
  std::vector<Splat> splats;  ///< the reports in `log`, as far as they are there
  std::vector<Softirq> softirqs;
  Lockdep lockdep;
  std::vector<ClassStatistics> lock_statistics;  ///< in the order of lockdep.classes
  MemoryScan scan;
  Stalls stalls;
  std::vector<LockState> locks;  ///< what somebody holds or waits for
  Problems problems;

  /// Every code address that lockdep's traces and held locks name, symbolised: function, offset,
  /// size and module (file and line come later, only for what a report shows).
  std::unordered_map<uint64_t, Frame> code;

  /// The task with that task_struct address, or null.
  const Task* task_at(uint64_t address) const;
  /// `pc` symbolised from `code`; with nothing but the pc when it is not there.
  Frame frame(uint64_t pc) const;
};

}  // namespace kmortem::model
