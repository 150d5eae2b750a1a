// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/order_story.h"

#include <fmt/core.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/hex.h"
#include "checks/lock_parties.h"
#include "checks/wording.h"

namespace kmortem::checks {

namespace {

using model::OrderEdge;
using model::OrderOrigin;

constexpr size_t kMostColumns = 4;

// "dep SN EN": as print_lock_dependencies() has no name for it, the letters of the kernel's source.
std::string kinds_text(unsigned kinds) {
  constexpr std::pair<unsigned, std::string_view> kNames[] = {{model::kSharedRecursive, "SR"},
                                                              {model::kExclusiveRecursive, "ER"},
                                                              {model::kSharedWaiting, "SN"},
                                                              {model::kExclusiveWaiting, "EN"}};
  std::string text;
  for (const auto& [kind, name] : kNames) {
    if ((kinds & kind) == 0) continue;
    if (!text.empty()) text += ' ';
    text += name;
  }
  return text;
}

void add_fact(std::string text, uint64_t address, model::Finding& finding) {
  const bool known = std::ranges::any_of(
      finding.evidence, [&](const model::Evidence& each) { return each.text == text; });
  if (known) return;
  std::optional<uint64_t> where;
  if (address != 0) where = address;
  finding.evidence.push_back({std::move(text), where, {}});
}

std::string origin_text(const OrderEdge& edge) {
  const std::string by = edge.taken_by.empty() ? "" : " (" + edge.taken_by + ")";
  switch (edge.origin) {
    case OrderOrigin::recorded:
      return "recorded by lockdep";
    case OrderOrigin::refused:
      return "refused by lockdep" + by;
    case OrderOrigin::live:
      return "at the time of the dump" + by;
    case OrderOrigin::log:
      return "in the log alone" + by;
  }
  return {};
}

}  // namespace

Acquisition OrderStory::taken(const OrderEdge& edge) const {
  if (edge.origin == OrderOrigin::recorded) return acquisition(snapshot_, edge.trace);
  if (edge.origin == OrderOrigin::log) return acquisition(edge.stack);
  Acquisition result;
  result.stack = edge.stack;
  result.call = edge.call;
  if (edge.taker >= 0 && static_cast<size_t>(edge.taker) < result.stack.size()) {
    result.taker = static_cast<size_t>(edge.taker);
    result.taker_known = true;
  }
  return result;
}

std::string OrderStory::taker(const OrderEdge& edge, const std::string& otherwise) const {
  const Acquisition by = taken(edge);
  return by.taker_known ? function_label(by.frame()) : otherwise;
}

std::string OrderStory::call_on_later(const OrderEdge& edge) const {
  const std::string call = taken(edge).call;
  return fmt::format("{}({})", call.empty() ? "lock" : call, name(edge.to));
}

const model::LockClass* OrderStory::lock_class(size_t node) const {
  return snapshot_.lockdep.find(graph_.nodes[node].class_index);
}

std::string OrderStory::lines(const OrderPath& path) const {
  size_t width = 0;
  for (const size_t index : path) {
    const OrderEdge& edge = graph_.edges[index];
    width = std::max(width, name(edge.from).size() + name(edge.to).size());
  }
  std::string text;
  for (const size_t index : path) {
    const OrderEdge& edge = graph_.edges[index];
    const std::string order = fmt::format("{}, then {}", name(edge.from), name(edge.to));
    const Acquisition by = taken(edge);
    const std::string where = by.taker_known ? function_label(by.frame()) : "some function";
    const std::string call = by.call.empty() ? "" : fmt::format(" with {}()", by.call);
    text +=
        fmt::format("  {:{}}   in {}{}: {}\n", order, width + 7, where, call, origin_text(edge));
  }
  return text;
}

model::Evidence OrderStory::stack_of(const OrderEdge& edge) const {
  Acquisition by = taken(edge);
  model::Evidence evidence;
  if (by.stack.empty()) return evidence;
  switch (edge.origin) {
    case OrderOrigin::recorded:
      evidence.text =
          fmt::format("{} taken under {}; the stack that lockdep recorded then:", name(edge.to),
                      name(edge.from));
      break;
    case OrderOrigin::refused:
      evidence.text =
          fmt::format("{} asked for under {}, which lockdep refused; the two places that it noted:",
                      name(edge.to), name(edge.from));
      break;
    case OrderOrigin::live:
      evidence.text = fmt::format("{} waited for under {}; {} now:", name(edge.to), name(edge.from),
                                  edge.taken_by);
      break;
    case OrderOrigin::log:
      evidence.text = fmt::format(
          "{} taken under {}; the stack that the log has of it:", name(edge.to), name(edge.from));
      break;
  }
  evidence.stack = std::move(by.stack);
  const bool whole = edge.origin == OrderOrigin::recorded || edge.origin == OrderOrigin::log;
  if (whole && by.taker_known) {
    const std::string call = by.call.empty() ? "" : fmt::format(" with {}()", by.call);
    evidence.stack[by.taker].note =
        fmt::format("takes {}{}, holding {}", name(edge.to), call, name(edge.from));
  }
  return evidence;
}

void OrderStory::add_stacks(const OrderPath& path, model::Finding& finding) const {
  for (const size_t index : path) {
    model::Evidence evidence = stack_of(graph_.edges[index]);
    if (!evidence.stack.empty()) finding.evidence.push_back(std::move(evidence));
  }
}

void OrderStory::add_facts(const OrderPath& path, model::Finding& finding) const {
  for (const size_t index : path) {
    const OrderEdge& edge = graph_.edges[index];
    const std::string order = fmt::format("{} -> {}", name(edge.from), name(edge.to));
    if (edge.origin == OrderOrigin::recorded) {
      std::string text = fmt::format("{}: lock_list {}", order, hex_address(edge.address));
      if (snapshot_.lockdep.features.strong_paths) text += ", dep " + kinds_text(edge.kinds);
      if (edge.distance > 1) text += fmt::format(", {} locks apart", edge.distance);
      if (edge.grade != model::Grade::proven) text += "; the other lock's list does not have it";
      add_fact(std::move(text), edge.address, finding);
    }
    for (const std::string& fact : edge.evidence) add_fact(order + ": " + fact, 0, finding);
  }
}

void OrderStory::add_parties(const OrderPath& path, model::Finding& finding) const {
  const auto add_lock = [&](size_t node) {
    const std::string& lock = name(node);
    if (std::ranges::any_of(finding.locks, [&](const auto& each) { return each.name == lock; })) {
      return;
    }
    const bool has_class = graph_.nodes[node].class_index >= 0;
    finding.locks.push_back({lock, 0, "", has_class ? lock : "", ""});
  };
  for (const size_t index : path) {
    const OrderEdge& edge = graph_.edges[index];
    add_lock(edge.from);
    add_lock(edge.to);
    const model::Task* task = snapshot_.task_at(edge.task);
    if (task == nullptr) continue;
    finding.tasks.push_back(
        {task->pid, task->comm, task->cpu, task->address,
         edge.origin == OrderOrigin::live ? model::Role::waiter : model::Role::owner});
  }
}

model::Grade OrderStory::grade(const OrderPath& path) const {
  model::Grade grade = model::Grade::proven;
  for (const size_t index : path) grade = weaker(grade, graph_.edges[index].grade);
  return grade;
}

std::string OrderStory::key(size_t node) const {
  const model::LockClass* known = lock_class(node);
  if (known == nullptr) return name(node);
  // Of one key several subclasses may be in one path.
  return class_key(*known) + (known->subclass == 0 ? "" : fmt::format("/{}", known->subclass));
}

const OrderEdge& OrderStory::odd_one(const OrderPath& path) const {
  const auto weight = [&](size_t index) {
    const OrderEdge& edge = graph_.edges[index];
    // Of several that only the log has the last is the one refused.
    const size_t later = edge.origin == OrderOrigin::recorded ? 0 : index;
    return std::tuple(edge.origin, edge.address, later);
  };
  return graph_.edges[*std::ranges::max_element(path, {}, weight)];
}

bool OrderStory::reported(const OrderPath& path) const {
  return odd_one(path).origin != OrderOrigin::recorded;
}

std::string cpu_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  if (widths.empty() || widths.size() > kMostColumns) return {};
  const auto line = [&](auto cell) {
    std::string text;
    for (size_t i = 0; i < widths.size(); ++i) {
      text += fmt::format("{:{}}", cell(i), widths[i] + 3);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return "  " + text + "\n";
  };
  std::string text = line([](size_t i) { return fmt::format("CPU {}", i); });
  for (const auto& row : rows) {
    text += line([&](size_t i) { return i < row.size() ? row[i] : std::string(); });
  }
  return text;
}

}  // namespace kmortem::checks
