// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "model/snapshot.h"

namespace kmortem::report {

/// Who waits for whom, a line a waiter: the task or CPU, its state, the lock, who holds that, how
/// sure both are. A line that says so when nobody waits.
std::string wait_for_text(const model::Snapshot& snapshot);

}  // namespace kmortem::report
