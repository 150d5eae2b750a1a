// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>
#include <vector>

#include "model/machine.h"
#include "model/splat.h"

namespace kmortem::splats {

/// The reports that a text log holds, in order of their titles: what lockdep, the spinlock
/// debugger, might_sleep(), the scheduler, the watchdogs, RCU and khungtaskd print, from 2.6 to
/// 7.1. Never fails: what is no report is passed over, what is cut is marked so.
std::vector<model::Splat> read_splats(std::string_view text);

/// The same of a dump's log.
std::vector<model::Splat> read_splats(const std::vector<model::LogRecord>& log);

}  // namespace kmortem::splats
