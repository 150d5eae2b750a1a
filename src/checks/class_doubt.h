// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "model/lock_sharing.h"
#include "model/report.h"

namespace kmortem::checks {

/// Lockdep cannot tell the locks of one class apart: when their names differ, what is said of one
/// may be of two. If `lock_class` is shared so, says that in the explanation, makes the grade
/// `inferred` at best, and returns true.
bool doubt_shared_class(const model::LockClass& lock_class,
                        const std::vector<model::SharedKey>& shared, model::Finding& finding);

/// A class whose name is not in the dump stands in damaged or missing memory, and what its entry
/// says may be as wrong: says that in the explanation and makes the grade `inferred` at best.
void doubt_unnamed_class(const model::LockClass& lock_class, model::Finding& finding);

}  // namespace kmortem::checks
