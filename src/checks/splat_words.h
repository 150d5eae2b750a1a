// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "model/report.h"
#include "model/splat.h"

namespace kmortem::checks {

/// What a finding says of a splat of that type.
struct SplatWords {
  model::Severity severity = model::Severity::error;
  std::string title;
  std::string explanation;
  std::string remedy;
};
SplatWords splat_words(const model::Splat& splat);

/// The locks that a splat is about: without those that its task merely held.
std::vector<model::LockRef> splat_finding_locks(const model::Splat& splat);

}  // namespace kmortem::checks
