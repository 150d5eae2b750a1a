// SPDX-License-Identifier: GPL-3.0-or-later
// deadlock-cycle: tasks and CPUs that wait for each other now, whatever the types of their locks.
// A cycle of one that runs through an interrupt is irq-self-deadlock's.
#include <fmt/core.h>

#include <algorithm>

#include "checks/blocked.h"
#include "checks/irq_self_story.h"
#include "checks/lock_parties.h"
#include "checks/rules.h"
#include "checks/wait_for_graph.h"
#include "checks/wording.h"

namespace kmortem::checks {

namespace {

using Cycle = std::vector<WaitEdge>;

// The party that a node is in an edge that enters it.
const model::LockParty& holder(const WaitEdge& edge) {
  return edge.owner != nullptr ? *edge.owner : *edge.ahead;
}

std::string function_at(const model::Snapshot& snapshot, const model::LockParty& party) {
  const model::Frame* frame = frame_of(snapshot, party);
  return frame == nullptr ? "" : " in " + function_label(*frame);
}

// "task P holds a (spinlock), waits in f() for b (mutex)".
std::string line(const model::Snapshot& snapshot, const WaitEdge& into, const WaitEdge& out) {
  const std::string_view has = into.owner == nullptr ? "is ahead in the queue for"
                               : into.owner->shared  ? "holds for reading"
                                                     : possession_text(*into.lock);
  return fmt::format("  {} {} {} ({}), waits{} for {} ({})\n", party_label(snapshot, *out.waiter),
                     has, lock_label(*into.lock), lock_type_text(into.lock->type),
                     function_at(snapshot, *out.waiter), lock_label(*out.lock),
                     lock_type_text(out.lock->type));
}

std::string explanation(const model::Snapshot& snapshot, const Cycle& cycle) {
  std::string text;
  for (size_t i = 0; i < cycle.size(); ++i) {
    const WaitEdge& into = cycle[(i + cycle.size() - 1) % cycle.size()];
    text += line(snapshot, into, cycle[i]);
  }
  if (cycle.size() > 1) {
    text += "\nEach can go on only after the next one has released what it holds: none will.";
  } else if (model::is_event(cycle[0].lock->type)) {
    text += "\nIt waits for its own end.";
  } else {
    text += "\nIt took the lock itself, and no lock of this type can be taken twice by its owner.";
  }
  return text;
}

std::string title(const model::Snapshot& snapshot, const Cycle& cycle) {
  if (cycle.size() == 1) {
    return fmt::format("{} waits for {}, which it {} itself.",
                       party_label(snapshot, *cycle[0].waiter), lock_label(*cycle[0].lock),
                       possession_text(*cycle[0].lock));
  }
  std::vector<std::string> names;
  for (const WaitEdge& edge : cycle) names.push_back(party_label(snapshot, *edge.waiter));
  constexpr size_t kNamed = 4;
  if (names.size() > kNamed) {
    return fmt::format("{} tasks wait for each other in a circle, and none will ever go on.",
                       names.size());
  }
  return fmt::format("{} wait for each other, and none will ever go on.", join_words(names));
}

// "do not wait in link_stop() for link_timer with link_lock held": where a circle runs through an
// event there is no order to keep.
std::string event_remedy(const model::Snapshot& snapshot, const Cycle& cycle) {
  std::vector<std::string> advice;
  for (size_t i = 0; i < cycle.size(); ++i) {
    const WaitEdge& into = cycle[(i + cycle.size() - 1) % cycle.size()];
    const WaitEdge& out = cycle[i];
    if (!model::is_event(out.lock->type)) continue;
    const std::string with = model::is_event(into.lock->type)
                                 ? ""
                                 : fmt::format(" with {} held", lock_label(*into.lock));
    advice.push_back(fmt::format("do not wait{} for {}{}", function_at(snapshot, *out.waiter),
                                 lock_label(*out.lock), with));
  }
  return advice.empty() ? "" : join_words(advice);
}

std::string remedy(const model::Snapshot& snapshot, const Cycle& cycle) {
  if (std::string advice = event_remedy(snapshot, cycle); !advice.empty()) return advice;
  if (cycle.size() == 1) {
    return fmt::format("do not take {} again{}; call a variant that expects it held",
                       lock_label(*cycle[0].lock), function_at(snapshot, *cycle[0].waiter));
  }
  std::vector<std::string> locks;
  std::vector<std::string> places;
  for (const WaitEdge& edge : cycle) {
    const std::string label = lock_label(*edge.lock);
    if (std::find(locks.begin(), locks.end(), label) == locks.end()) locks.push_back(label);
    const model::Frame* frame = frame_of(snapshot, *edge.waiter);
    if (frame == nullptr) continue;
    const std::string place = function_label(*frame);
    if (std::find(places.begin(), places.end(), place) == places.end()) places.push_back(place);
  }
  std::string text = fmt::format("take {} in one order everywhere", join_words(locks));
  if (!places.empty()) {
    text += fmt::format("; now {} {} them in different orders", join_words(places),
                        places.size() == 1 ? "takes" : "take");
  }
  return text;
}

void note(model::Stack& stack, int frame, const std::string& text) {
  if (frame < 0 || static_cast<size_t>(frame) >= stack.size()) return;
  std::string& old = stack[static_cast<size_t>(frame)].note;
  old = old.empty() ? text : old + "; " + text;
}

void add_stacks(const model::Snapshot& snapshot, const Cycle& cycle, model::Finding& finding) {
  for (size_t i = 0; i < cycle.size(); ++i) {
    const WaitEdge& out = cycle[i];
    const WaitEdge& into = cycle[(i + cycle.size() - 1) % cycle.size()];
    model::Evidence evidence;
    evidence.text = party_label(snapshot, *out.waiter) + ":";
    evidence.stack = stack_of(snapshot, *out.waiter);
    if (evidence.stack.empty()) continue;
    const model::LockParty& held = holder(into);
    if (into.owner != nullptr) {
      note(evidence.stack, held.frame,
           fmt::format("{} {}", possession_text(*into.lock), lock_label(*into.lock)));
    }
    note(evidence.stack, out.waiter->frame, "waits for " + lock_label(*out.lock));
    finding.evidence.push_back(std::move(evidence));
  }
}

std::string cycle_signature(const model::Snapshot& snapshot, const Cycle& cycle) {
  std::vector<std::string> parts;
  for (const WaitEdge& edge : cycle) {
    parts.push_back(lock_key(*edge.lock) + "@" + waiting_key(snapshot, *edge.waiter));
  }
  // Where a circle begins means nothing.
  std::rotate(parts.begin(), std::min_element(parts.begin(), parts.end()), parts.end());
  return signature("deadlock-cycle", parts);
}

model::Finding finding_for(const model::Snapshot& snapshot, const WaitForGraph& graph,
                           const Cycle& cycle) {
  model::Finding finding;
  finding.rule = "deadlock-cycle";
  finding.title = title(snapshot, cycle);
  finding.explanation = explanation(snapshot, cycle);
  finding.remedy = remedy(snapshot, cycle);
  finding.signature = cycle_signature(snapshot, cycle);
  std::vector<size_t> members;
  for (const WaitEdge& edge : cycle) {
    finding.grade = weaker(finding.grade, edge.grade);
    finding.locks.push_back(lock_ref(*edge.lock));
    finding.tasks.push_back(task_ref(snapshot, *edge.waiter, model::Role::waiter));
    members.push_back(edge.from);
  }
  if (finding.grade == model::Grade::stale) {
    finding.explanation +=
        "\n\nThis rests on what tasks held when lockdep stopped; it may have changed since.";
  }
  add_stacks(snapshot, cycle, finding);
  for (const WaitEdge& edge : cycle) {
    add_party_evidence(*edge.waiter, finding);
    add_party_evidence(holder(edge), finding);
    add_lock_evidence(*edge.lock, finding);
  }
  add_blocked_behind(snapshot, graph, members, finding);
  add_stall_log(snapshot, graph, members, finding);
  return finding;
}

}  // namespace

std::vector<model::Finding> check_deadlock_cycle(const model::Snapshot& snapshot) {
  std::vector<model::Finding> findings;
  const WaitForGraph graph(snapshot);
  for (const Cycle& cycle : graph.cycles()) {
    if (cycle.size() == 1 && across_interrupt(snapshot, cycle.front())) continue;
    findings.push_back(finding_for(snapshot, graph, cycle));
  }
  return findings;
}

}  // namespace kmortem::checks
