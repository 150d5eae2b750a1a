// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "report/json_parts.h"

namespace kmortem::report {

/// What lockdep knew: classes, dependencies, tables, and the traces that they refer to by index.
Json json_lockdep(const model::Snapshot& snapshot);

/// One lock class, without its place in the lock order.
Json json_class(const model::Lockdep& lockdep, const model::LockClass& lock_class);

}  // namespace kmortem::report
