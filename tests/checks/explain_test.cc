// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/explain.h"

#include <gtest/gtest.h>

#include <set>

namespace kmortem::checks {
namespace {

TEST(Explain, HasEveryRuleOfTheContractOnce) {
  const std::set<std::string_view> contract = {
      "shared-lock-key",  "class-cache-alias", "irq-inconsistent",    "irq-inversion",
      "lock-order-cycle", "recursive-lock",    "wait-context",        "irq-self-deadlock",
      "deadlock-cycle",   "lock-stall",        "soft-lockup",         "hard-lockup",
      "rcu-stall",        "hung-task",         "held-while-sleeping", "lock-leak",
      "freed-lock",       "lockdep-off",       "corrupt-lock",        "softirq-hook"};
  std::set<std::string_view> explained;
  for (const Explanation& entry : explanations()) {
    EXPECT_TRUE(explained.insert(entry.rule).second) << entry.rule;
    EXPECT_FALSE(entry.meaning.empty() || entry.example.empty() || entry.fix.empty());
  }
  EXPECT_EQ(explained, contract);
}

TEST(Explain, PagesFitATerminal) {
  for (const Explanation& entry : explanations()) {
    const std::string text = explain_text(entry);
    size_t begin = 0;
    while (begin < text.size()) {
      const size_t end = text.find('\n', begin);
      EXPECT_LE(end - begin, 100U) << text.substr(begin, end - begin);
      begin = end + 1;
    }
  }
}

TEST(Explain, SaysWhatIsNotCheckedYet) {
  EXPECT_EQ(explain_text(*find_explanation("lockdep-off")).find("not check"), std::string::npos);
  EXPECT_EQ(find_explanation("no-such-rule"), nullptr);
}

}  // namespace
}  // namespace kmortem::checks
