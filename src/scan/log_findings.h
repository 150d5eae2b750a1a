// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "model/report.h"

namespace kmortem::scan {

/// What the kernel's log says by itself: lockdep's reports, lockups, stalls and hung tasks, as
/// findings of the rules that are about the same. All inferred: nothing was looked at that the
/// kernel did not print. Signatures are those of a full analysis where the log has all that they
/// are made of (irq-inconsistent).
std::vector<model::Finding> log_findings(const std::vector<model::LogRecord>& log);

}  // namespace kmortem::scan
