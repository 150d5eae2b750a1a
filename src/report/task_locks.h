// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "model/snapshot.h"
#include "report/style.h"

namespace kmortem::report {

/// One task, under a heading like those of crash's commands: what lockdep recorded that it holds,
/// in the order of acquisition; every lock that it holds and waits for by all evidence.
std::string task_locks_text(const model::Snapshot& snapshot, const model::Task& task,
                            const TextOptions& options = {});

/// The task holds a lock, waits for one, or lockdep says so.
bool has_locks(const model::Snapshot& snapshot, const model::Task& task);

}  // namespace kmortem::report
