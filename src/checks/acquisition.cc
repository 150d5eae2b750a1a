// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/acquisition.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "checks/wording.h"

namespace kmortem::checks {

namespace {

using Names = std::span<const std::string_view>;

// Lockdep itself: of no interest to the reader of a stack.
constexpr std::array<std::string_view, 12> kLockdep = {
    "lock_acquire",      "__lock_acquire",  "mark_lock",       "mark_usage",
    "mark_held_locks",   "__mark_lock",     "save_trace",      "lockdep_",
    "__trace_hardirqs_", "trace_hardirqs_", "trace_softirqs_", "register_lock_class"};

// The locking functions between lockdep and the code that wanted the lock.
constexpr std::array<std::string_view, 24> kLocking = {
    "_raw_spin_",    "_raw_read_", "_raw_write_", "__raw_spin_",      "__raw_read_",
    "__raw_write_",  "_spin_",     "_read_lock",  "_write_lock",      "_read_unlock",
    "_write_unlock", "do_raw_",    "rt_spin_",    "rt_read_",         "rt_write_",
    "mutex_lock",    "__mutex_",   "ww_mutex_",   "down_read",        "down_write",
    "percpu_down_",  "rt_mutex_",  "rwsem_",      "seqcount_lockdep_"};

// Seen when a usage bit was not set by the acquisition, but by interrupts coming on under the lock.
constexpr std::array<std::string_view, 11> kEnabling = {
    "local_bh_enable",     "_local_bh_enable",    "__local_bh_enable",    "mark_held_locks",
    "lockdep_hardirqs_on", "trace_hardirqs_on",   "__trace_hardirqs_on",  "lockdep_softirqs_on",
    "trace_softirqs_on",   "__trace_softirqs_on", "raw_local_irq_restore"};

constexpr std::array<std::string_view, 4> kSoftirqEntry = {"handle_softirqs", "__do_softirq",
                                                           "do_softirq", "call_softirq"};

// An architecture's or the core's way into a hard interrupt.
constexpr std::array<std::string_view, 14> kHardirqEntry = {"common_interrupt",
                                                            "__common_interrupt",
                                                            "sysvec_",
                                                            "__sysvec_",
                                                            "asm_sysvec_",
                                                            "asm_common_interrupt",
                                                            "apic_timer_interrupt",
                                                            "smp_apic_timer_interrupt",
                                                            "do_IRQ",
                                                            "handle_domain_irq",
                                                            "gic_handle_irq",
                                                            "el1_irq",
                                                            "el1_interrupt",
                                                            "irq_exit"};

bool starts_with_any(std::string_view function, Names names) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view name) { return function.starts_with(name); });
}

bool is_any(std::string_view function, Names names) {
  return std::find(names.begin(), names.end(), plain_function(function)) != names.end();
}

bool unlocks(std::string_view function) {
  return function.find("unlock") != std::string_view::npos;
}

}  // namespace

// The nesting forms take a subclass
// besides and protect alike.
std::string source_call(std::string_view function) {
  std::string_view call = plain_function(function);
  for (const std::string_view prefix : {"__raw_", "_raw_", "rt_", "_"}) {
    if (!call.starts_with(prefix) || call.starts_with("rt_mutex")) continue;
    call.remove_prefix(prefix.size());
    break;
  }
  for (const std::string_view suffix : {"_nested", "_nest_lock"}) {
    if (call.ends_with(suffix)) call.remove_suffix(suffix.size());
  }
  while (call.starts_with('_')) call.remove_prefix(1);
  return std::string(call);
}

Acquisition acquisition(const model::Snapshot& snapshot, int trace) {
  const auto& traces = snapshot.lockdep.traces;
  if (trace < 0 || static_cast<size_t>(trace) >= traces.size()) return {};
  model::Stack stack;
  for (const uint64_t pc : traces[static_cast<size_t>(trace)]) {
    stack.push_back(snapshot.frame(pc));
    stack.back().found_by = model::FoundBy::recorded;
  }
  return acquisition(stack);
}

Acquisition acquisition(const model::Stack& stack) {
  Acquisition result;
  bool leading = true;
  for (const model::Frame& frame : stack) {
    const std::string_view function = frame.function;
    if (leading && starts_with_any(function, kEnabling)) result.enabled_while_held = true;
    if (leading && starts_with_any(function, kLockdep)) continue;
    leading = false;
    result.stack.push_back(frame);
  }

  while (result.taker < result.stack.size()) {
    const std::string_view function = result.stack[result.taker].function;
    const bool enabling = starts_with_any(function, kEnabling);
    if (!enabling && !starts_with_any(function, kLocking) && !starts_with_any(function, kLockdep)) {
      result.taker_known = true;
      break;
    }
    result.call = source_call(function);
    if (enabling || unlocks(function)) result.enabled_while_held = true;
    ++result.taker;
  }
  if (!result.taker_known) result.taker = 0;
  mark_contexts(result.stack);
  return result;
}

void mark_contexts(model::Stack& stack) {
  // From the outside in: what an entry function called runs in its context, until the next entry.
  model::Context context = model::Context::task;
  for (auto frame = stack.rbegin(); frame != stack.rend(); ++frame) {
    if (is_any(frame->function, kSoftirqEntry)) {
      context = model::Context::softirq;
    } else if (starts_with_any(frame->function, kHardirqEntry)) {
      context = model::Context::hardirq;
    }
    frame->context = context;
  }
}

std::string softirq_vector(const model::Snapshot& snapshot, const model::Stack& stack) {
  for (const model::Frame& frame : stack) {
    if (frame.context != model::Context::softirq || frame.function.empty()) continue;
    for (const model::Softirq& softirq : snapshot.softirqs) {
      if (softirq.action_symbol.empty()) continue;
      if (plain_function(softirq.action_symbol) == plain_function(frame.function)) {
        return softirq.name;
      }
    }
  }
  return {};
}

}  // namespace kmortem::checks
