// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace kmortem::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// a -> b -> c recorded, c -> a refused, and d alone.
model::OrderGraph ring() {
  model::OrderGraph graph;
  for (const char* name : {"a", "b", "c", "d"}) graph.node_for(static_cast<int>(*name), name);
  for (size_t i = 0; i < 3; ++i) {
    model::OrderEdge edge;
    edge.from = i;
    edge.to = (i + 1) % 3;
    edge.kinds = model::kExclusiveWaiting;
    if (i == 2) edge.origin = model::OrderOrigin::refused;
    if (i == 2) edge.taken_by = "say \"hi\" [7]";
    graph.edges.push_back(edge);
  }
  return graph;
}

model::Finding cycle() {
  model::Finding finding;
  finding.rule = "lock-order-cycle";
  for (const char* name : {"a", "b", "c"}) finding.locks.push_back({name, 0, "", name, ""});
  return finding;
}

TEST(Graph, ShowsWhatHasAnOrder) {
  EXPECT_THAT(shown_nodes(ring(), {}), ElementsAre(0, 1, 2));
}

TEST(Graph, NeighbourhoodGoesBothWays) {
  model::OrderGraph graph = ring();
  graph.edges.pop_back();
  EXPECT_THAT(shown_nodes(graph, {"b", 1}), ElementsAre(0, 1, 2));
  EXPECT_THAT(shown_nodes(graph, {"a", 1}), ElementsAre(0, 1));
  EXPECT_THAT(shown_nodes(graph, {"a", 0}), ElementsAre(0));
  EXPECT_THAT(shown_nodes(graph, {"no such", 1}), IsEmpty());
}

TEST(Graph, DotSaysOriginAndFinding) {
  const model::Snapshot snapshot;
  const std::string dot = graph_dot(snapshot, ring(), {cycle()}, {});
  EXPECT_THAT(dot, HasSubstr("digraph"));
  EXPECT_THAT(dot, HasSubstr("n0 -> n1 [color=\"#606060\", color=\"#d00000\""));
  EXPECT_THAT(dot, HasSubstr("n2 -> n0 [color=\"#c06000\", style=dashed"));
  EXPECT_THAT(dot, HasSubstr("label=\"say \\\"hi\\\" [7]\""));
  EXPECT_THAT(graph_dot(snapshot, ring(), {}, {}), Not(HasSubstr("penwidth=2];\n  n1 [")));
}

TEST(Graph, JsonNamesBothEndsAndTheFindings) {
  const auto json = nlohmann::json::parse(graph_json({}, ring(), {cycle()}, {}));
  EXPECT_EQ(json["nodes"].size(), 3U);
  ASSERT_EQ(json["edges"].size(), 3U);
  EXPECT_EQ(json["edges"][2]["from"], "c");
  EXPECT_EQ(json["edges"][2]["to"], "a");
  EXPECT_EQ(json["edges"][2]["origin"], "refused");
  EXPECT_EQ(json["edges"][2]["kinds"], "EN");
  EXPECT_EQ(json["edges"][2]["findings"], nlohmann::json::array({0}));
}

}  // namespace
}  // namespace kmortem::report
