// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/irq_self_story.h"

#include <fmt/core.h>

#include <algorithm>

#include "checks/acquisition.h"
#include "checks/lock_parties.h"
#include "checks/wording.h"

namespace kmortem::checks {

namespace {

using model::Context;

bool valid(const model::Stack& stack, int frame) {
  return frame >= 0 && static_cast<size_t>(frame) < stack.size();
}

Context context_at(const model::Stack& stack, int frame) {
  return valid(stack, frame) ? stack[static_cast<size_t>(frame)].context : Context::task;
}

// What came on top of the holder: the outermost change of context between the two frames decides
// what would have kept it away. A softirq runs on the exit of a hard interrupt, whose entry frames
// lie below it: it is the softirq that must be kept away then.
Context intruder(const model::Stack& stack, const model::LockParty& waiter) {
  return context_at(stack, waiter.frame);
}

std::string in_what(Context context) {
  switch (context) {
    case Context::softirq:
      return "a softirq";
    case Context::hardirq:
      return "a hard interrupt";
    case Context::nmi:
      return "an NMI";
    case Context::exception:
      return "an exception";
    case Context::task:
      break;
  }
  return "a task";
}

std::string family(const model::LockState& lock, const model::LockParty& owner) {
  if (lock.type != model::LockType::rwlock) return "spin_";
  return owner.shared ? "read_" : "write_";
}

std::string call_text(const model::LockState& lock, const model::LockParty& party) {
  const std::string call = source_call(party.call);
  return call.empty() ? family(lock, party) + "lock()" : call + "()";
}

std::string who(const model::Stack& stack, int frame, const char* otherwise) {
  return valid(stack, frame) ? function_label(stack[static_cast<size_t>(frame)]) : otherwise;
}

std::string remedy(const SelfDeadlock& found, Context context) {
  const WaitEdge& edge = *found.edge;
  const std::string lock = lock_label(*edge.lock);
  const std::string holder = who(found.stack, edge.owner->frame, "the interrupted code");
  const std::string prefix = family(*edge.lock, *edge.owner);
  switch (context) {
    case Context::softirq:
      return fmt::format("take {} with {}lock_bh() and {}unlock_bh() in process context: {}", lock,
                         prefix, prefix, holder);
    case Context::hardirq:
      return fmt::format(
          "take {} with {}lock_irqsave() and {}unlock_irqrestore() wherever interrupts may be on: "
          "{}",
          lock, prefix, prefix, holder);
    default:
      return fmt::format("do not take {} in {}: nothing keeps that away from {}", lock,
                         in_what(context), holder);
  }
}

// RCU's loop over callbacks leaves no other name of what it runs than the next frame.
std::string callback_of(const model::Stack& stack) {
  for (size_t i = 1; i < stack.size(); ++i) {
    const std::string_view function = plain_function(stack[i].function);
    const bool loop = function == "rcu_do_batch" || function == "call_timer_fn" ||
                      function == "expire_timers" || function == "tasklet_action_common";
    if (loop && stack[i].context == Context::softirq) return function_label(stack[i - 1]);
  }
  return {};
}

std::string vector_text(const SelfDeadlock& found, Context context) {
  if (context != Context::softirq || found.vector.empty()) return in_what(context);
  return fmt::format("a softirq ({})", found.vector);
}

std::string explanation(const model::Snapshot& snapshot, const SelfDeadlock& found,
                        Context context) {
  const WaitEdge& edge = *found.edge;
  const std::string lock = lock_label(*edge.lock);
  std::string text = fmt::format("{} took {} with {}", who(found.stack, edge.owner->frame, "Code"),
                                 lock, call_text(*edge.lock, *edge.owner));
  if (context == Context::softirq) text += ", which leaves softirqs enabled";
  if (context == Context::hardirq) text += ", which leaves interrupts enabled";
  text += fmt::format(". Then {} came on that CPU", vector_text(found, context));
  if (!found.callback.empty()) text += fmt::format(", which called {}", found.callback);
  text += fmt::format("; there {} waits for the same lock. ",
                      who(found.stack, edge.waiter->frame, "code"));
  text += fmt::format(
      "{} can release it only after that interrupt, and the interrupt ends only when it has the "
      "lock.",
      party_label(snapshot, *edge.owner));
  return text;
}

void annotate(const SelfDeadlock& found, Context context, model::Stack& stack) {
  const WaitEdge& edge = *found.edge;
  const std::string lock = lock_label(*edge.lock);
  if (valid(stack, edge.owner->frame)) {
    model::Frame& holder = stack[static_cast<size_t>(edge.owner->frame)];
    holder.note =
        fmt::format("holds {}, taken with {}: ", lock, call_text(*edge.lock, *edge.owner));
    holder.note += context == Context::softirq ? "softirqs stay enabled; interrupted here"
                                               : "interrupted here";
  }
  if (valid(stack, edge.waiter->frame)) {
    stack[static_cast<size_t>(edge.waiter->frame)].note =
        fmt::format("waits for {}, in {}", lock, vector_text(found, context));
  }
}

}  // namespace

bool across_interrupt(const model::Snapshot& snapshot, const WaitEdge& edge) {
  if (model::is_event(edge.lock->type)) return false;
  const model::Stack& stack = stack_of(snapshot, *edge.waiter);
  if (!valid(stack, edge.waiter->frame)) return false;
  const Context context = context_at(stack, edge.waiter->frame);
  if (context == Context::task) return false;
  // A holder without a frame is the task itself: the owner field names who was interrupted.
  if (!valid(stack, edge.owner->frame)) return true;
  if (edge.owner->frame <= edge.waiter->frame) return false;
  for (int frame = edge.waiter->frame + 1; frame <= edge.owner->frame; ++frame) {
    if (context_at(stack, frame) != context) return true;
  }
  return false;
}

void tell_self_deadlock(const model::Snapshot& snapshot, SelfDeadlock& found,
                        model::Finding& finding) {
  const WaitEdge& edge = *found.edge;
  const Context context = intruder(found.stack, *edge.waiter);
  found.callback = callback_of(found.stack);
  const std::string lock = lock_label(*edge.lock);
  const model::Task* task = task_of(snapshot, *edge.waiter);
  const int cpu = task != nullptr && task->on_cpu ? task->cpu : edge.waiter->cpu;
  finding.title = fmt::format(
      "CPU {} spins in {} on {}, which the {} that it interrupted holds. It can never be released.",
      cpu, in_what(context), lock, task != nullptr && task->kernel_thread ? "thread" : "task");
  finding.explanation = explanation(snapshot, found, context);
  finding.remedy = remedy(found, context);
  if (edge.grade == model::Grade::inferred && !valid(found.stack, edge.owner->frame)) {
    finding.explanation +=
        "\n\nWhich function took the lock is not known: the lock names its owner, and in an "
        "interrupt that is the interrupted task.";
  }
  const auto key = [&](int frame) {
    return valid(found.stack, frame) ? function_key(found.stack[static_cast<size_t>(frame)]) : "?";
  };
  finding.signature = signature(
      "irq-self-deadlock", {lock_key(*edge.lock), key(edge.owner->frame), key(edge.waiter->frame)});
  model::Evidence evidence;
  evidence.text =
      fmt::format("{}:", task == nullptr ? fmt::format("CPU {}", cpu) : task_label(*task));
  evidence.stack = found.stack;
  annotate(found, context, evidence.stack);
  finding.evidence.push_back(std::move(evidence));
}

}  // namespace kmortem::checks
