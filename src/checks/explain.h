// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace kmortem::checks {

/// What there is to know about a rule, for `kmortem explain`.
struct Explanation {
  std::string_view rule;
  std::string_view meaning;  ///< what it says, and why that is wrong
  std::string_view example;  ///< code or a scenario, indented lines
  std::string_view fix;      ///< the usual one
};

/// Every rule of the contract, those that this version does not check yet among them.
std::span<const Explanation> explanations();

/// The explanation of that rule, or null.
const Explanation* find_explanation(std::string_view rule);

/// It as a page of text.
std::string explain_text(const Explanation& explanation);

}  // namespace kmortem::checks
