// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "model/report.h"

namespace kmortem::checks {

/// What becomes of what was read of a kernel that ran on meanwhile: what was read at one moment may
/// contradict what was read at another, and make a deadlock of two locks that were never held at
/// once. A second reading, begun after the first was done, tells them apart: a task that has not
/// run since (same nvcsw, nivcsw and exec_start, on no CPU) was the same throughout, so that what
/// was read of such tasks and of what they hold is of one moment after all.

/// Who is not known to have stood still from `first` to `second` holds and waits for its locks by
/// inference only: weakens such parties' grades in `first`.
void doubt_what_moved(model::Snapshot& first, const model::Snapshot& second);

/// The findings of `first` (see run_checks()) that `second` has as well, on the same locks with the
/// same tasks, none of whose waiters has run in between. What rests on a task that stands on a CPU,
/// or on an owner that ran, is inferred. What lockdep and the log recorded needs only be in both.
std::vector<model::Finding> lasting_findings(const model::Snapshot& first,
                                             const model::Snapshot& second,
                                             const std::vector<std::string>& only = {});

/// Where there is no second reading, as of a dump that was written while the system ran on: nobody
/// is known to have stood still, and nothing but what is on record is proven.
void doubt_all(model::Snapshot& snapshot);
std::vector<model::Finding> doubtful_findings(const model::Snapshot& snapshot,
                                              const std::vector<std::string>& only = {});

}  // namespace kmortem::checks
