// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "model/snapshot.h"
#include "report/style.h"

namespace kmortem::report {

/// Every lock that somebody holds or waits for: owners, waiters in the queue's order, how long they
/// wait; then the same by CPU and by task. With options.verbose what each line rests on, and locks
/// that lockdep alone knows.
std::string locks_by_owner_text(const model::Snapshot& snapshot, const TextOptions& options = {});
/// One lock of them, after an empty line.
std::string lock_state_text(const model::Snapshot& snapshot, const model::LockState& lock,
                            const TextOptions& options = {});
std::string locks_by_owner_json(const model::Snapshot& snapshot);

}  // namespace kmortem::report
