// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace kmortem::report {

/// What `kmortem explain` says about a rule, for the formats that carry it with them.
struct RuleText {
  std::string name;
  std::string summary;  ///< half a sentence
  std::string meaning;
  std::string example;  ///< indented lines
  std::string fix;
};

using RuleTexts = std::vector<RuleText>;

}  // namespace kmortem::report
