// SPDX-License-Identifier: GPL-3.0-or-later
// How long the rules over the order graph take on full tables: 8,192 classes, 32,768 dependencies.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <random>

#include "checks/order_scenarios.h"
#include "checks/registry.h"

namespace kmortem::checks {
namespace {

using namespace testing;

constexpr unsigned kClasses = 8192;
constexpr unsigned kDependencies = 32768;

// list_entries[] has an entry for each list that a dependency is in: half as many dependencies fit
// as there are entries. Here are as many dependencies as there are entries, to be on the safe side.
model::Snapshot full_tables(bool cyclic) {
  model::Snapshot snapshot = lockdep_snapshot();
  snapshot.lockdep.features.strong_paths = true;
  snapshot.lockdep.enabled = false;
  for (unsigned i = 0; i < kClasses; ++i) {
    auto& each = add_class(snapshot, i, "class_" + std::to_string(i), 0xffffffff82000000 + i * 16);
    // The last half is taken in interrupts, the first with interrupts on: nothing contradicts.
    mark(each, i < kClasses / 2 ? kHardirqOn : kInHardirq);
    mark(each, i < kClasses / 2 ? kSoftirqOn : kInSoftirq);
  }
  std::mt19937 random(1);
  for (unsigned i = 0; i + 1 < kClasses; ++i) add_order(snapshot, i, i + 1);
  while (snapshot.lockdep.dependencies.size() < 2 * kDependencies) {
    unsigned from = random() % kClasses;
    unsigned to = random() % kClasses;
    if (from == to) continue;
    if (from > to) std::swap(from, to);
    add_order(snapshot, from, to, 1U << random() % 4);
  }
  // One step back: a single ring through every class, and everything in one component.
  if (cyclic) add_order(snapshot, kClasses - 1, 0);
  return snapshot;
}

void measure(const char* what, const model::Snapshot& snapshot) {
  std::vector<double> times;
  size_t found = 0;
  for (int i = 0; i < 11; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    found = run_checks(snapshot,
                       {"recursive-lock", "lock-order-cycle", "irq-inversion", "wait-context"})
                .size();
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - begin;
    times.push_back(time.count());
  }
  std::ranges::sort(times);
  fmt::print("{}: {} findings, {:.0f} ms (median of {}), {:.0f} ms at worst\n", what, found,
             times[times.size() / 2], times.size(), times.back());
}

}  // namespace
}  // namespace kmortem::checks

int main() {
  using namespace kmortem::checks;
  measure("healthy", full_tables(false));
  measure("one ring of everything", full_tables(true));
}
