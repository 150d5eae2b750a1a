// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "waits/scene.h"

namespace kmortem::waits {

/// Timers whose function runs on a CPU while another stands in del_timer_sync() or hrtimer_cancel()
/// for them, and so waits until it ends. The owner is the CPU that runs the function, by
/// timer_base.running_timer (tvec_base until 4.7) and hrtimer_clock_base.running (4.16; in
/// hrtimer_cpu_base before), together with the timer code on its stack. A waiter is proven when a
/// register of that frame has the timer's address, inferred when a word of the frame does.
std::vector<model::LockState> awaited_timers(const Scene& scene);

}  // namespace kmortem::waits
