// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "model/snapshot.h"
#include "report/json_parts.h"
#include "report/style.h"

namespace kmortem::report {

/// softirq_vec as a table: vectors, names, actions, where each is pending, and why an empty one is
/// (or is not) as it should be.
std::string softirqs_text(const model::Snapshot& snapshot, const TextOptions& options = {});
std::string softirqs_json(const model::Snapshot& snapshot);

/// The `softirqs[]` of a report.
Json json_softirqs(const model::Snapshot& snapshot);

/// Why a vector of that name may be without an action; empty when it never should be.
std::string empty_vector_reason(const std::string& name);

}  // namespace kmortem::report
