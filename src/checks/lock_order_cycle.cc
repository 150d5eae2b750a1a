// SPDX-License-Identifier: GPL-3.0-or-later
// lock-order-cycle: what check_noncircular() refuses, looked for in the whole graph: the recorded
// order, which holds no cycle as long as lockdep saw them all, with what it refused and what was
// done after it had stopped.
#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "checks/class_doubt.h"
#include "checks/lock_parties.h"
#include "checks/order_graph.h"
#include "checks/order_search.h"
#include "checks/order_story.h"
#include "checks/rules.h"
#include "checks/wording.h"

namespace kmortem::checks {

namespace {

using model::OrderEdge;
using model::OrderGraph;

constexpr size_t kNamed = 5;

// Each part of the cycle runs on a CPU of its own: it holds one lock and waits for the next one's.
std::string scenario(const OrderGraph& graph, const OrderStory& story, const OrderPath& cycle) {
  std::vector<std::string> holds;
  std::vector<std::string> waits;
  for (size_t i = 0; i < cycle.size(); ++i) {
    const OrderEdge& edge = graph.edges[cycle[i]];
    holds.push_back(fmt::format("lock({})", story.name(edge.from)));
    waits.push_back(
        fmt::format("{}   waits for CPU {}", story.call_on_later(edge), (i + 1) % cycle.size()));
  }
  return cpu_table({holds, waits});
}

std::string title(const OrderGraph& graph, const OrderStory& story, const OrderPath& cycle) {
  std::vector<std::string> names;
  for (const size_t index : cycle) names.push_back(story.name(graph.edges[index].from));
  if (names.size() > kNamed) {
    return fmt::format("{} locks are taken in orders that contradict each other.", names.size());
  }
  return fmt::format("{} are taken in orders that contradict each other.", join_words(names));
}

std::string explanation(const OrderGraph& graph, const OrderStory& story, const OrderPath& cycle) {
  std::string text = story.lines(cycle);
  text +=
      "\nWhen all of these run at the same time, each waits for a lock that the next one has, and "
      "none goes on:\n\n";
  text += scenario(graph, story, cycle);
  const bool readers = std::ranges::any_of(cycle, [&](size_t index) {
    return (graph.edges[index].kinds & model::kExclusiveWaiting) == 0;
  });
  if (readers) {
    text +=
        "\nReaders are among them, and block all the same: one waits behind a writer, or a writer "
        "behind one.";
  }
  if (!story.reported(cycle)) {
    text +=
        "\nlockdep recorded all of these and did not report the cycle: its search marks classes, "
        "not the ways that lead to them, and passes over some.";
  }
  return text;
}

std::string remedy(const OrderStory& story, const OrderPath& cycle) {
  const OrderEdge& odd = story.odd_one(cycle);
  const std::string where = story.taker(odd, "the code");
  const std::string& later = story.name(odd.to);
  const std::string& earlier = story.name(odd.from);
  std::string text = fmt::format(
      "take {} before {} everywhere, as the other code does: {} takes it the other way round. "
      "Where that cannot be, let go of {} there before taking {}",
      later, earlier, where, earlier, later);
  const auto* first = story.lock_class(odd.from);
  const auto* second = story.lock_class(odd.to);
  const bool one_key =
      first != nullptr && second != nullptr && model::base_key(*first) == model::base_key(*second);
  if (one_key) {
    text +=
        "; the two are subclasses of one lock class: check that the subclass given to "
        "…_nested() follows the order of the objects";
  }
  return text;
}

// Where a circle begins means nothing: it begins with the least of its names.
OrderPath canonical(const OrderGraph& graph, const OrderStory& story, OrderPath cycle) {
  const auto name = [&](size_t index) { return story.key(graph.edges[index].from); };
  std::ranges::rotate(cycle, std::ranges::min_element(cycle, {}, name));
  return cycle;
}

std::string cycle_signature(const OrderGraph& graph, const OrderStory& story,
                            const OrderPath& cycle) {
  std::vector<std::string> parts;
  for (const size_t index : cycle) parts.push_back(story.key(graph.edges[index].from));
  return signature("lock-order-cycle", parts);
}

}  // namespace

std::vector<model::Finding> check_lock_order_cycle(const model::Snapshot& snapshot) {
  if (!snapshot.lockdep.present) return {};
  const OrderGraph graph = order_graph(snapshot);
  const OrderStory story(snapshot, graph);
  std::vector<model::Finding> findings;
  std::optional<std::vector<model::SharedKey>> shared;
  for (const OrderPath& found : OrderSearch(graph).cycles()) {
    // A lock under itself is recursive-lock's.
    if (found.size() == 1) continue;
    const OrderPath cycle = canonical(graph, story, found);
    model::Finding finding;
    finding.rule = "lock-order-cycle";
    finding.grade = story.grade(cycle);
    finding.title = title(graph, story, cycle);
    finding.explanation = explanation(graph, story, cycle);
    finding.remedy = remedy(story, cycle);
    finding.signature = cycle_signature(graph, story, cycle);
    story.add_parties(cycle, finding);
    story.add_stacks(cycle, finding);
    story.add_facts(cycle, finding);
    if (!shared) shared = model::shared_keys(snapshot);
    for (const size_t index : cycle) {
      const model::LockClass* lock_class = story.lock_class(graph.edges[index].from);
      if (lock_class == nullptr) continue;
      doubt_shared_class(*lock_class, *shared, finding);
      doubt_unnamed_class(*lock_class, finding);
    }
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace kmortem::checks
