// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "report/diagram_layout.h"
#include "report/diagram_svg.h"
#include "report/order_diagram.h"
#include "report/wait_diagram.h"
#include "reports.h"

namespace kmortem::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Diagram graph(size_t nodes, const std::vector<std::pair<size_t, size_t>>& edges) {
  Diagram diagram;
  for (size_t i = 0; i < nodes; ++i) {
    diagram.nodes.push_back({std::string(1 + i % 20, 'n'), i % 2 == 0 ? "x" : "", "task", false});
  }
  for (const auto& [from, to] : edges) diagram.edges.push_back({from, to, "", false, false});
  return diagram;
}

bool overlap(const PlacedBox& a, const PlacedBox& b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

void expect_readable(const Diagram& diagram) {
  const DiagramLayout layout = lay_out(diagram);
  ASSERT_EQ(layout.boxes.size(), diagram.nodes.size());
  for (size_t i = 0; i < layout.boxes.size(); ++i) {
    const PlacedBox& box = layout.boxes[i];
    EXPECT_GE(box.x, 0);
    EXPECT_GE(box.y, 0);
    EXPECT_LE(box.x + box.width, layout.width);
    EXPECT_LE(box.y + box.height, layout.height);
    for (size_t j = 0; j < i; ++j) EXPECT_FALSE(overlap(box, layout.boxes[j])) << i << " " << j;
  }
}

// Where an edge begins and ends is on the border of its boxes.
void expect_attached(const Diagram& diagram) {
  const DiagramLayout layout = lay_out(diagram);
  const auto touches = [](const PlacedBox& box, const Point& point) {
    const bool within = point.y >= box.y && point.y <= box.y + box.height;
    return within && (point.x == box.x || point.x == box.x + box.width);
  };
  for (const PlacedEdge& edge : layout.edges) {
    const DiagramEdge& of = diagram.edges[edge.edge];
    if (of.from == of.to) continue;
    EXPECT_TRUE(touches(layout.boxes[of.from], edge.points.front())) << of.from << "→" << of.to;
    EXPECT_TRUE(touches(layout.boxes[of.to], edge.points.back())) << of.from << "→" << of.to;
  }
}

TEST(DiagramLayout, BoxesDoNotOverlapAndEdgesReachThem) {
  std::vector<std::pair<size_t, size_t>> web;
  for (size_t i = 0; i < 30; ++i) {
    web.emplace_back(i, (i * 7 + 3) % 30);
    web.emplace_back(i / 2, i);
  }
  for (const Diagram& diagram :
       {graph(1, {}), graph(2, {{0, 1}}), graph(2, {{0, 1}, {1, 0}}), graph(3, {{0, 0}, {1, 1}}),
        graph(5, {{0, 1}, {1, 2}, {2, 3}, {3, 0}, {0, 4}, {0, 3}}), graph(30, web)}) {
    expect_readable(diagram);
    expect_attached(diagram);
  }
}

TEST(DiagramLayout, WhatAnEdgeLeadsToIsRightOfItsStart) {
  const DiagramLayout layout = lay_out(graph(4, {{3, 1}, {1, 0}, {0, 2}, {3, 2}}));
  EXPECT_LT(layout.boxes[3].x, layout.boxes[1].x);
  EXPECT_LT(layout.boxes[1].x, layout.boxes[0].x);
  EXPECT_LT(layout.boxes[0].x, layout.boxes[2].x);
}

TEST(DiagramLayout, ACycleIsCutAtAnEdgeThatRunsBack) {
  const DiagramLayout layout = lay_out(graph(3, {{0, 1}, {1, 2}, {2, 0}}));
  EXPECT_LT(layout.boxes[0].x, layout.boxes[1].x);
  EXPECT_LT(layout.boxes[1].x, layout.boxes[2].x);
  EXPECT_LT(layout.boxes[0].x, 20) << "no empty layer before it";
  for (const PlacedEdge& edge : layout.edges) {
    const bool back = edge.edge == 2;
    EXPECT_EQ(edge.points.front().x > edge.points.back().x, back) << edge.edge;
  }
}

TEST(DiagramLayout, AnEdgeToNoNodeIsLeftOut) {
  const DiagramLayout layout = lay_out(graph(2, {{0, 7}, {9, 1}, {0, 1}}));
  ASSERT_EQ(layout.edges.size(), 1U);
  EXPECT_EQ(layout.edges[0].edge, 2U);
  EXPECT_TRUE(lay_out({}).boxes.empty());
}

TEST(Diagram, WhatLiesOnACycleIsHot) {
  Diagram diagram = graph(5, {{0, 1}, {1, 2}, {2, 0}, {3, 0}, {4, 4}});
  mark_cycles(diagram);
  std::vector<bool> hot;
  for (const DiagramNode& node : diagram.nodes) hot.push_back(node.hot);
  EXPECT_THAT(hot, ::testing::ElementsAre(true, true, true, false, true));
  EXPECT_FALSE(diagram.edges[3].hot);
  EXPECT_TRUE(diagram.edges[2].hot);
}

TEST(Diagram, ALongNameIsCutBetweenCharacters) {
  EXPECT_EQ(short_label("short"), "short");
  const std::string cut = short_label(std::string(35, 'x') + "ä and more");
  EXPECT_EQ(cut, std::string(35, 'x') + "…");
}

TEST(DiagramSvg, NamesAreNoMarkup) {
  Diagram diagram = graph(2, {{0, 1}});
  diagram.nodes[0].label = "<script>alert(1)</script>";
  diagram.nodes[1].detail = "\x1b</svg>";
  diagram.edges[0].title = "</title><b>";
  const std::string svg = diagram_svg(diagram, "g", "a \"graph\"");
  EXPECT_THAT(svg, Not(HasSubstr("<script")));
  EXPECT_THAT(svg, Not(HasSubstr("<b>")));
  EXPECT_THAT(svg, HasSubstr("\\x1b&lt;/svg&gt;"));
  EXPECT_THAT(svg, HasSubstr("aria-label=\"a &quot;graph&quot;\""));
}

model::LockParty party(uint64_t task) {
  model::LockParty party;
  party.task = task;
  party.grade = model::Grade::proven;
  return party;
}

model::Snapshot abba() {
  model::Snapshot snapshot;
  for (const uint64_t address : {1U, 2U, 3U}) {
    model::Task task;
    task.address = address;
    task.pid = static_cast<int>(address);
    task.comm = "worker";
    snapshot.tasks.push_back(task);
  }
  model::LockState a;
  a.address = 0x10;
  a.symbol = "a";
  a.type = model::LockType::mutex;
  a.owners = {party(1)};
  a.waiters = {party(2), party(3)};
  model::LockState b = a;
  b.symbol = "b";
  b.owners = {party(2)};
  b.waiters = {party(1)};
  snapshot.locks = {a, b};
  return snapshot;
}

TEST(WaitDiagram, ADeadlockIsACycleOfTasksAndLocks) {
  const Diagram diagram = wait_diagram(abba()).diagram;
  EXPECT_EQ(diagram.nodes.size(), 5U);
  EXPECT_EQ(diagram.edges.size(), 5U);
  size_t hot = 0;
  for (const DiagramNode& node : diagram.nodes) hot += node.hot ? 1U : 0U;
  EXPECT_EQ(hot, 4U) << "two tasks and two locks, not the one behind them";
}

TEST(WaitDiagram, ALongQueueIsOneNode) {
  model::Snapshot snapshot = abba();
  for (uint64_t i = 100; i < 200; ++i) snapshot.locks[0].waiters.push_back(party(i));
  const Diagram diagram = wait_diagram(snapshot).diagram;
  EXPECT_LT(diagram.nodes.size(), 20U);
  EXPECT_TRUE(std::ranges::any_of(
      diagram.nodes, [](const DiagramNode& node) { return node.label == "95 more waiters"; }));
}

TEST(WaitDiagram, ACycleIsDrawnWhateverElseWaits) {
  model::Snapshot snapshot = abba();
  for (uint64_t i = 0; i < 200; ++i) {
    model::LockState lock;
    lock.address = 0x1000 + i;
    lock.type = model::LockType::mutex;
    lock.owners = {party(1000 + i)};
    lock.waiters = {party(2000 + i)};
    snapshot.locks.insert(snapshot.locks.begin(), lock);
  }
  const WaitDiagram waits = wait_diagram(snapshot);
  EXPECT_GT(waits.left_out, 100U);
  EXPECT_EQ(std::ranges::count(waits.diagram.nodes, true, &DiagramNode::hot), 4);
}

TEST(WaitDiagram, NobodyWaitingIsNoDiagram) {
  model::Snapshot snapshot = abba();
  for (model::LockState& lock : snapshot.locks) lock.waiters.clear();
  EXPECT_TRUE(wait_diagram(snapshot).diagram.nodes.empty());
}

TEST(OrderDiagram, ShowsTheClassesThatFindingsNameAndTheirNeighbours) {
  const OrderDiagram order = order_diagram(testing::small_report());
  ASSERT_EQ(order.diagram.nodes.size(), 2U);
  EXPECT_EQ(order.diagram.nodes[0].label, "&dev->mutex");
  EXPECT_TRUE(order.diagram.nodes[0].hot);
  EXPECT_EQ(order.diagram.nodes[1].label, "&x->lock");
  EXPECT_FALSE(order.diagram.nodes[1].hot);
  ASSERT_EQ(order.diagram.edges.size(), 1U);
  EXPECT_EQ(order.diagram.edges[0].from, 0U);
}

TEST(OrderDiagram, DamagedListsDoNotBreakIt) {
  model::Report report = testing::small_report();
  auto& lockdep = report.snapshot.lockdep;
  lockdep.classes[0].locks_after.assign(1000, 0);
  lockdep.classes[0].locks_after.push_back(4'000'000);
  lockdep.dependencies.push_back({0, 3, -1, 1, 0, -1});
  lockdep.classes[0].locks_after.push_back(2);
  EXPECT_EQ(order_diagram(report).diagram.edges.size(), 1U);
}

}  // namespace
}  // namespace kmortem::report
