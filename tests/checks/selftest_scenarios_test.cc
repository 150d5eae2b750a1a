// SPDX-License-Identifier: GPL-3.0-or-later
// The scenarios of the kernel's lib/locking-selftest.c with the kernel's own verdicts, from the
// table in docs/order-graph.md: every row is run, in every order of its parts.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <numeric>
#include <set>

#include "checks/registry.h"
#include "order_scenarios.h"

namespace kmortem::checks {
namespace {

struct Row {
  std::string name;
  std::string locks;
  std::vector<std::string> parts;
  bool failure = false;
  std::set<std::string> rules;
};

std::vector<std::string> split(const std::string& text, const std::string& by) {
  std::vector<std::string> parts;
  size_t from = 0;
  for (size_t at = text.find(by); at != std::string::npos; at = text.find(by, from)) {
    parts.push_back(text.substr(from, at - from));
    from = at + by.size();
  }
  parts.push_back(text.substr(from));
  return parts;
}

std::string bare(std::string text) {
  std::erase(text, '`');
  const size_t first = text.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// | scenario | locks | `events` | FAILURE or SUCCESS | rules or - |
std::vector<Row> rows() {
  std::ifstream page(std::string(KMORTEM_DOCS) + "/order-graph.md");
  std::vector<Row> rows;
  for (std::string line; std::getline(page, line);) {
    const auto cells = split(line, "|");
    if (cells.size() != 7) continue;
    const std::string verdict = bare(cells[4]);
    if (verdict != "FAILURE" && verdict != "SUCCESS") continue;
    Row row;
    row.name = bare(cells[1]);
    row.locks = bare(cells[2]);
    row.parts = split(bare(cells[3]), " / ");
    row.failure = verdict == "FAILURE";
    const std::string found = bare(cells[5]);
    if (found != "-") {
      for (const std::string& rule : split(found, ", ")) row.rules.insert(rule);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::set<std::string> found_in(const model::Snapshot& snapshot) {
  std::set<std::string> found;
  for (const char* rule : {"recursive-lock", "lock-order-cycle", "irq-inversion",
                           "irq-inconsistent", "wait-context"}) {
    if (!find_rule(rule)->check(snapshot).empty()) found.insert(rule);
  }
  return found;
}

TEST(SelftestScenarios, VerdictsAgreeWithTheKernelInEveryOrder) {
  const std::vector<Row> all = rows();
  ASSERT_GT(all.size(), 60U);
  for (const Row& row : all) {
    ASSERT_EQ(row.failure, !row.rules.empty()) << row.name << " " << row.locks;
    // More than three parts come in one order in the kernel too.
    std::vector<size_t> order(row.parts.size());
    std::iota(order.begin(), order.end(), 0);
    do {
      std::string script;
      for (const size_t part : order) script += row.parts[part] + " ";
      EXPECT_EQ(found_in(testing::LockEvents().run(script)), row.rules)
          << row.name << " (" << row.locks << "): " << script;
    } while (order.size() <= 3 && std::ranges::next_permutation(order).found);
  }
}

}  // namespace
}  // namespace kmortem::checks
