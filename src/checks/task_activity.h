// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "model/machine.h"

namespace kmortem::checks {

/// What a task is doing, as the end of a sentence that begins with its name: "runs in f() [mod]",
/// "sleeps (D) in io_schedule(), called by f()", "is ready to run but does not".
std::string task_activity(const model::Task& task, const model::Stack& stack);

/// The frame in which a stack waits for a lock: that of a lock's own slow path, below the scheduler
/// at most. Null when it ends in anything else. Which lock it is, the stack does not say.
const model::Frame* lock_wait_frame(const model::Stack& stack);

/// The innermost frame that is neither the scheduler nor a wait or lock primitive: whose decision
/// it was to wait. Null when there is none.
const model::Frame* waiting_frame(const model::Stack& stack);

}  // namespace kmortem::checks
