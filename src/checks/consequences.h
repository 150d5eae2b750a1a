// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "model/report.h"

namespace kmortem::checks {

/// Fills in `consequence_of`: which finding only follows from another. A cause is a finding of a
/// rule that can bring the other about, on the same lock or lock class. Works on the final order.
void link_consequences(std::vector<model::Finding>& findings);

}  // namespace kmortem::checks
