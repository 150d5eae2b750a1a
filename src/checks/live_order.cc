// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/live_order.h"

#include <fmt/core.h>

#include <algorithm>
#include <unordered_map>

#include "checks/acquisition.h"
#include "checks/lock_parties.h"
#include "checks/wording.h"
#include "model/lock_sharing.h"

namespace kmortem::checks {

namespace {

using model::LockParty;
using model::LockState;

struct Possession {
  const LockState* lock;
  const LockParty* party;
};

class LiveOrder {
 public:
  LiveOrder(const model::Snapshot& snapshot, model::OrderGraph* graph)
      : snapshot_(snapshot), graph_(graph) {
    for (const model::LockClass& lock_class : snapshot.lockdep.classes) {
      by_name_[lock_class.name].push_back(&lock_class);
      ++subclasses_[model::base_key(lock_class)];
    }
  }

  void add() {
    for (const LockState& lock : snapshot_.locks) {
      if (model::is_event(lock.type)) continue;
      for (const LockParty& owner : lock.owners) {
        if (counts(owner) && owner.task != 0) held_[owner.task].push_back({&lock, &owner});
      }
    }
    for (const LockState& lock : snapshot_.locks) {
      if (model::is_event(lock.type)) continue;
      for (const LockParty& waiter : lock.waiters) {
        if (!counts(waiter) || waiter.task == 0) continue;
        for (const Possession& held : held_[waiter.task]) add_edge(held, {&lock, &waiter});
      }
    }
  }

 private:
  static bool counts(const LockParty& party) {
    return !party.hint && party.grade != model::Grade::unknown &&
           party.grade != model::Grade::stale;
  }

  // The node of a lock: by its class, or by its name when it never got one.
  bool node_of(const LockState& lock, size_t* node) const {
    if (lock.lock_class.empty()) {
      if (lock.symbol.empty() && lock.name.empty()) return false;
      *node = graph_->node_for(-1, lock_label(lock));
      return true;
    }
    const auto known = by_name_.find(lock.lock_class);
    if (known == by_name_.end() || known->second.size() != 1) return false;
    const model::LockClass& lock_class = *known->second.front();
    // &dev->mutex and such: lockdep does not check their order, which is another for every lock.
    if (model::is_unvalidated_key(lock_class.key_symbol)) return false;
    const auto subclasses = subclasses_.find(model::base_key(lock_class));
    if (subclasses != subclasses_.end() && subclasses->second > 1) return false;
    *node = graph_->node_for(static_cast<int>(lock_class.index), lock_class.name);
    return true;
  }

  // Both in one context, and the one taken further out on the stack than the other waits.
  bool in_order(const Possession& held, const Possession& wanted) const {
    const model::Task* task = task_of(snapshot_, *wanted.party);
    if (task == nullptr) return false;
    const model::Frame* outer = frame_of(snapshot_, *held.party);
    const model::Frame* inner = frame_of(snapshot_, *wanted.party);
    if (outer == nullptr || inner == nullptr) return !task->on_cpu;
    return outer->context == inner->context && held.party->frame >= wanted.party->frame;
  }

  // read_lock() waits for no reader inside an interrupt, and queues behind writers outside of it
  // (queued_read_lock_slowpath()); a reader of an rw_semaphore always queues.
  bool recursive(const Possession& wanted) const {
    if (!wanted.party->shared || wanted.lock->type != model::LockType::rwlock) return false;
    const model::Frame* frame = frame_of(snapshot_, *wanted.party);
    return frame == nullptr || frame->context != model::Context::task;
  }

  void add_edge(const Possession& held, const Possession& wanted) {
    size_t from = 0;
    size_t to = 0;
    if (held.lock == wanted.lock || !in_order(held, wanted)) return;
    if (!node_of(*held.lock, &from) || !node_of(*wanted.lock, &to)) return;
    // Two locks of one class: whether they may nest is not to be seen.
    if (from == to) return;
    using enum model::OrderKind;
    model::OrderEdge edge;
    edge.from = from;
    edge.to = to;
    edge.origin = model::OrderOrigin::live;
    edge.grade = weaker(held.party->grade, wanted.party->grade);
    edge.kinds = recursive(wanted) ? (held.party->shared ? kSharedRecursive : kExclusiveRecursive)
                                   : (held.party->shared ? kSharedWaiting : kExclusiveWaiting);
    edge.task = wanted.party->task;
    edge.cpu = wanted.party->cpu;
    edge.taken_by = party_label(snapshot_, *wanted.party);
    edge.stack = stack_of(snapshot_, *wanted.party);
    edge.taker = wanted.party->frame;
    edge.call = source_call(wanted.party->call);
    note(edge.stack, held.party->frame, "holds " + lock_label(*held.lock));
    note(edge.stack, wanted.party->frame, "waits for " + lock_label(*wanted.lock));
    edge.evidence.push_back(fmt::format("{} holds {} and waits for {}", edge.taken_by,
                                        lock_label(*held.lock), lock_label(*wanted.lock)));
    for (const LockParty* party : {held.party, wanted.party}) {
      if (!party->evidence.empty()) edge.evidence.push_back(party->evidence);
    }
    graph_->edges.push_back(std::move(edge));
  }

  static void note(model::Stack& stack, int frame, const std::string& text) {
    if (frame < 0 || static_cast<size_t>(frame) >= stack.size()) return;
    std::string& old = stack[static_cast<size_t>(frame)].note;
    old = old.empty() ? text : old + "; " + text;
  }

  const model::Snapshot& snapshot_;
  model::OrderGraph* graph_;
  std::unordered_map<uint64_t, std::vector<Possession>> held_;
  std::unordered_map<std::string, std::vector<const model::LockClass*>> by_name_;
  std::unordered_map<uint64_t, size_t> subclasses_;  ///< of each base key: how many are in use
};

}  // namespace

void add_live_order(const model::Snapshot& snapshot, model::OrderGraph* graph) {
  if (!snapshot.lockdep.present || snapshot.lockdep.enabled) return;
  LiveOrder(snapshot, graph).add();
}

}  // namespace kmortem::checks
