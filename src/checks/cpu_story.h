// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "model/report.h"

namespace kmortem::checks {

/// The CPU of that number, or null.
const model::Cpu* find_cpu(const model::Snapshot& snapshot, int number);

/// "kflow_gcd [110]", "the idle task": what runs on a CPU; "an unknown task" when that is not
/// known.
std::string running_on(const model::Snapshot& snapshot, const model::Cpu& cpu);

/// What the CPU is busy with, as the end of a sentence: "in flow_inode_replace() [lk_rcu], in a
/// softirq"; empty without a stack. Frames of the detector that looks at the CPU, and of the panic
/// that it brought about, do not count.
std::string busy_with(const model::Cpu& cpu);

/// Its innermost frame that counts, for a signature; "?" without one.
std::string busy_key(const model::Cpu& cpu);

/// Adds the CPU's stack as evidence, and what runs there as a task of the finding.
void add_cpu(const model::Snapshot& snapshot, const model::Cpu& cpu, model::Finding& finding);

}  // namespace kmortem::checks
