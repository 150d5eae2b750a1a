// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "kernel/target.h"

namespace kmortem::kernel {

/// When the kernel last updated its clocks: a tick or less before the end, longer when the CPU that
/// keeps the time hung first.
struct KernelTime {
  uint64_t uptime_ns = 0;    ///< since boot, suspend included, as /proc/uptime; 0 when unknown
  int64_t wall_seconds = 0;  ///< since the epoch, UTC; 0 when unknown
};

/// From the timekeeper: inside tk_core (3.17), or timekeeper_data[0] in later kernels, or the
/// variable timekeeper before. Without one, the uptime is counted from jiffies_64.
KernelTime read_kernel_time(const Target& target);

}  // namespace kmortem::kernel
