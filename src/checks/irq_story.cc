// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/irq_story.h"

#include <fmt/core.h>

#include <algorithm>

#include "checks/wording.h"

namespace kmortem::checks {

std::string interrupt_name(const IrqConflict& conflict) {
  if (conflict.hardirq) return "a hard interrupt";
  return conflict.vector.empty() ? "a softirq" : fmt::format("a softirq ({})", conflict.vector);
}

std::string interrupts_of(const IrqConflict& conflict) {
  return conflict.hardirq ? "interrupts" : "softirqs";
}

namespace {

std::string who(const IrqUse& use, const char* otherwise) {
  return use.taken.taker_known ? function_label(use.taken.frame()) : otherwise;
}

std::string with_call(const IrqUse& use) {
  return use.taken.call.empty() ? "" : fmt::format(" with {}()", use.taken.call);
}

// What the scenario writes for one side: "spin_lock(&x->lock)".
std::string call_on(const std::string& lock, const IrqUse& use) {
  const bool known = !use.taken.call.empty() && !use.taken.enabled_while_held;
  return fmt::format("{}({})", known ? use.taken.call : "lock", lock);
}

std::string enabled_side(const std::string& lock, const IrqConflict& conflict) {
  const std::string function = who(conflict.on, "Other code");
  if (conflict.on.taken.enabled_while_held) {
    return fmt::format("{} switches {} on{} while it holds {}.", function, interrupts_of(conflict),
                       with_call(conflict.on), lock);
  }
  return fmt::format("{} takes {}{}, which leaves {} enabled.", function, lock,
                     with_call(conflict.on), interrupts_of(conflict));
}

std::string scenario(const std::string& lock, const IrqConflict& conflict) {
  const std::string outer = who(conflict.on, "(process context)");
  const std::string inner = who(conflict.in, "(interrupt)");
  const size_t width = std::max(outer.size(), inner.size() + 2) + 3;
  const std::string entry =
      conflict.hardirq ? "<interrupt>"
      : conflict.vector.empty()
          ? "<interrupt; on its exit, a softirq>"
          : fmt::format("<interrupt; on its exit, softirq {}>", conflict.vector);
  return fmt::format(
      "  on one CPU:\n"
      "    {:{}}{}   has it; {} are on\n"
      "      {}\n"
      "      {:{}}{}   waits for ever\n",
      outer, width, call_on(lock, conflict.on), interrupts_of(conflict), entry, inner, width - 2,
      call_on(lock, conflict.in));
}

std::string stack_heading(const std::string& what, const IrqUse& use) {
  const char* access = use.read ? " for reading" : "";
  return fmt::format("taken{} {}, {}; the stack that lockdep recorded then:", access, what,
                     use.usage);
}

model::Evidence stack_evidence(const std::string& heading, const IrqUse& use,
                               const std::string& note) {
  model::Evidence evidence;
  evidence.text = heading;
  evidence.stack = use.taken.stack;
  if (use.taken.taker_known) evidence.stack[use.taken.taker].note = note;
  return evidence;
}

}  // namespace

SafeVariant safe_variant(const IrqConflict& conflict) {
  std::string family;
  for (const IrqUse* use : {&conflict.on, &conflict.in}) {
    for (const char* prefix : {"spin_", "read_", "write_"}) {
      if (family.empty() && use->taken.call.starts_with(prefix)) family = prefix;
    }
  }
  // A reader on the interrupt's side does not make the other side one.
  if (family == "read_" && !conflict.on.read) family = "write_";
  if (family.empty()) return {};
  if (conflict.hardirq) return {family + "lock_irqsave()", family + "unlock_irqrestore()"};
  return {family + "lock_bh()", family + "unlock_bh()"};
}

std::string irq_title(const std::string& lock, const IrqConflict& conflict) {
  const char* same = conflict.hardirq ? "a hard interrupt" : "a softirq";
  return fmt::format(
      "{} is taken in {} and elsewhere with {} enabled: a CPU can deadlock with itself.", lock,
      same, interrupts_of(conflict));
}

std::string irq_explanation(const std::string& lock, const IrqConflict& conflict) {
  const std::string holder = who(conflict.on, "that code");
  const std::string waiter = who(conflict.in, "Other code");
  std::string text = enabled_side(lock, conflict);
  text += fmt::format(" {} takes it in {}{}.", waiter, interrupt_name(conflict),
                      with_call(conflict.in));
  text += fmt::format(
      " If the interrupt hits a CPU while {} holds the lock there, the interrupt waits for code "
      "that cannot go on until the interrupt is over: that CPU hangs.\n\n",
      holder);
  text += scenario(lock, conflict);
  if (conflict.met) {
    return text + fmt::format(
                      "\nThis is not only possible: the stack that lockdep recorded for the "
                      "interrupt runs through {}. If that held the same lock, the CPU hung then.",
                      holder);
  }
  return text +
         "\nNothing need have hung yet. Both uses have happened, lockdep recorded a stack for "
         "each; all that is missing is one interrupt at the wrong moment.";
}

std::string irq_remedy(const std::string& lock, const IrqConflict& conflict) {
  const std::string where = who(conflict.on, "everywhere outside the interrupt");
  if (conflict.on.taken.enabled_while_held) {
    return fmt::format("do not switch {} on while {} is held: {}{}", interrupts_of(conflict), lock,
                       where,
                       conflict.hardirq ? " must restore the state that it found "
                                          "(spin_unlock_irqrestore() instead of spin_unlock_irq())"
                                        : "");
  }
  const SafeVariant variant = safe_variant(conflict);
  if (variant.lock.empty()) {
    return fmt::format("keep {} off wherever {} is taken outside the interrupt ({}): {}",
                       interrupts_of(conflict), lock,
                       conflict.hardirq ? "local_irq_save()" : "local_bh_disable()", where);
  }
  std::string text = fmt::format("take {} with {} and {} ", lock, variant.lock, variant.unlock);
  text += conflict.hardirq ? "wherever interrupts may be on: " : "in process context: ";
  return text + where;
}

std::vector<model::Evidence> irq_stacks(const std::string& lock, const IrqConflict& conflict) {
  return irq_stacks(lock, lock, conflict);
}

std::vector<model::Evidence> irq_stacks(const std::string& in_lock, const std::string& on_lock,
                                        const IrqConflict& conflict) {
  std::vector<model::Evidence> result;
  const std::string in_context = conflict.hardirq ? "a hard interrupt" : "a softirq";
  if (!conflict.in.taken.stack.empty()) {
    result.push_back(stack_evidence(
        stack_heading("in " + interrupt_name(conflict), conflict.in), conflict.in,
        fmt::format("takes {}{}, in {}", in_lock, with_call(conflict.in), in_context)));
  }
  if (conflict.on.taken.stack.empty()) return result;
  if (conflict.on.taken.enabled_while_held) {
    result.push_back(stack_evidence(
        fmt::format("{} came on while it was held, {}; the stack that lockdep recorded then:",
                    interrupts_of(conflict), conflict.on.usage),
        conflict.on, fmt::format("switches {} on, holding {}", interrupts_of(conflict), on_lock)));
    return result;
  }
  result.push_back(stack_evidence(
      stack_heading("with " + interrupts_of(conflict) + " enabled", conflict.on), conflict.on,
      fmt::format("takes {}{}: {} stay enabled", on_lock, with_call(conflict.on),
                  interrupts_of(conflict))));
  return result;
}

}  // namespace kmortem::checks
