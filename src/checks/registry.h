// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/report.h"

namespace kmortem::checks {

/// A rule that this version checks. Its name is part of the contract, and is what explain() takes.
struct Rule {
  std::string_view name;
  std::string_view summary;  ///< one line, without a full stop
  std::vector<model::Finding> (*check)(const model::Snapshot&);
};

/// All rules, in the order in which findings of equal severity are listed.
std::span<const Rule> rules();

/// The rule of that name, or null.
const Rule* find_rule(std::string_view name);

/// The findings of the rules named in `only` (of all rules when it is empty), worst first, with
/// `consequence_of` filled in. Names that are no rule are ignored.
std::vector<model::Finding> run_checks(const model::Snapshot& snapshot,
                                       const std::vector<std::string>& only = {});

}  // namespace kmortem::checks
