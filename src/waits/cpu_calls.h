// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "waits/scene.h"

namespace kmortem::waits {

/// Calls that one CPU has asked another to make and waits for, standing in smp_call_function*():
/// they lie in the other's call_single_queue, and that CPU has interrupts off. The owner is the CPU
/// that has to make the call. With interrupts on it will take the call in a moment, and nothing is
/// said. kernel/smp.c; the layout of call_single_data changed in 4.14, 5.8 and 5.9.
std::vector<model::LockState> awaited_cpu_calls(const Scene& scene);

}  // namespace kmortem::waits
