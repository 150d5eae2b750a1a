// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "model/splat.h"
#include "report/json_parts.h"
#include "report/style.h"

namespace kmortem::report {

/// The kernel's own reports for a person: what each says, with its locks, chain and stacks.
std::string splats_text(const std::vector<model::Splat>& splats, const TextOptions& options = {});

/// `kmortem log --splats -f json`: "kmortem-splats/1" with the list.
std::string splats_json(const std::vector<model::Splat>& splats);

/// The list alone, as the report has it too.
Json json_splats(const std::vector<model::Splat>& splats);

}  // namespace kmortem::report
