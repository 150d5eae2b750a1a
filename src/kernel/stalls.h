// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>

#include "kernel/target.h"
#include "model/machine.h"
#include "model/stalls.h"

namespace kmortem::kernel {

/// What the watchdogs, RCU and khungtaskd knew, and the time: the latest of the run queues' clocks
/// and the log, which count from boot in the same clock. What a kernel lacks stays empty.
model::Stalls read_stalls(const Target& target, std::span<const model::Cpu> cpus,
                          std::span<const model::LogRecord> log);

}  // namespace kmortem::kernel
