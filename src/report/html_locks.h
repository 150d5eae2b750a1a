// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "model/report.h"

namespace kmortem::report {

/// Who waits for whom as a graph; nothing when nobody waits.
std::string html_wait_graph(const model::Snapshot& snapshot);

/// Every lock that somebody holds or waits for.
std::string html_lock_table(const model::Snapshot& snapshot);

/// Lockdep's order around the findings' classes as a graph; nothing when there is none.
std::string html_order_graph(const model::Report& report);

/// How full lockdep's tables are; nothing without lockdep.
std::string html_lockdep_tables(const model::Lockdep& lockdep);

}  // namespace kmortem::report
