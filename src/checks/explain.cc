// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/explain.h"

#include <fmt/core.h>

#include <algorithm>

#include "checks/registry.h"

namespace kmortem::checks {

const Explanation* find_explanation(std::string_view rule) {
  const auto all = explanations();
  const auto it = std::find_if(all.begin(), all.end(),
                               [&](const Explanation& entry) { return entry.rule == rule; });
  return it == all.end() ? nullptr : &*it;
}

std::string explain_text(const Explanation& explanation) {
  std::string text = fmt::format("{}\n\n{}\n\nExample\n\n{}\n\nUsual fix\n\n{}\n", explanation.rule,
                                 explanation.meaning, explanation.example, explanation.fix);
  if (find_rule(explanation.rule) == nullptr) {
    text += "\nThis version of kmortem does not check this rule yet.\n";
  }
  return text;
}

}  // namespace kmortem::checks
