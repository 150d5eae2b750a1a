// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>

#include "kernel/target.h"
#include "model/machine.h"
#include "model/stalls.h"

namespace kmortem::kernel {

/// The soft- and hard-lockup detectors' state on every online CPU. `now_ns` is sched_clock().
model::Watchdogs read_watchdogs(const Target& target, std::span<const model::Cpu> cpus,
                                uint64_t now_ns);

}  // namespace kmortem::kernel
