// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "model/snapshot.h"
#include "report/style.h"

namespace kmortem::report {

/// Keys shared by differently named locks, and lockdep_maps whose cached class is another lock's.
std::string aliases_text(const model::Snapshot& snapshot, const TextOptions& options = {});
/// With `every_map` also each lockdep_map that the memory scan found ("maps").
std::string aliases_json(const model::Snapshot& snapshot, bool every_map = false);

}  // namespace kmortem::report
