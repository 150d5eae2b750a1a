// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "model/snapshot.h"
#include "report/style.h"

namespace kmortem::report {

/// The lock classes as a table, in the order of /proc/lockdep: name, usage, wait type, key,
/// number of classes taken after and before; with `verbose` the direct successors by name.
std::string classes_text(const model::Snapshot& snapshot, const TextOptions& options = {});
/// One class: usage, key, and the classes directly after and before it by name.
std::string class_text(const model::Lockdep& lockdep, const model::LockClass& lock_class);
std::string classes_json(const model::Snapshot& snapshot);

}  // namespace kmortem::report
