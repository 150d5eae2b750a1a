// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "model/report.h"

namespace kmortem::report {

/// What each CPU was doing: its task, its stack with contexts marked, its spinlocks.
std::string html_cpus(const model::Snapshot& snapshot);

/// The tasks, with the locks that each holds; a stack where the task holds, waits or is stuck.
std::string html_tasks(const model::Report& report);

}  // namespace kmortem::report
