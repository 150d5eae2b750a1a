// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/report.h"
#include "model/splat.h"

namespace kmortem::checks {

/// The rule that says what a splat says; empty for kinds that no rule covers (suspicious RCU usage,
/// a nested lock not taken).
std::string_view splat_rule(const model::Splat& splat);

/// What a splat says, as a finding of its rule, graded inferred: the kernel saw it, and the log is
/// all that is left. Nothing for kinds without a rule.
std::optional<model::Finding> splat_finding(const model::Splat& splat);

/// The findings of a log without a dump: one for each splat of a rule, and one alone where the
/// kernel said the same again. Worst first.
std::vector<model::Finding> splat_findings(const std::vector<model::Splat>& splats);

/// Gives `findings` what the dump's log adds to them: the kernel's own report as evidence where a
/// finding is about the same locks, tasks or CPU; and a finding of its own for the report that
/// stopped lockdep where its rule found nothing.
void add_splats(const model::Snapshot& snapshot, std::vector<model::Finding>& findings);

}  // namespace kmortem::checks
