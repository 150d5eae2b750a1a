// SPDX-License-Identifier: GPL-3.0-or-later
// recursive-lock: what check_deadlock() refuses: a class asked for that the task already holds. It
// is in no list; the slot past the task's last held lock has it.
#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "base/hex.h"
#include "checks/class_doubt.h"
#include "checks/lock_parties.h"
#include "checks/refused_acquisition.h"
#include "checks/rules.h"
#include "checks/wording.h"
#include "model/order_graph.h"

namespace kmortem::checks {

namespace {

using model::HeldLock;
using model::Task;

// The held lock that the one asked for collides with, or null. A recursive reader under a reader
// is none, nor is what a nest_lock or an order of the class (cmp_fn) serialises. What an interrupt
// asks for on top of the holder is irq-inconsistent's, and when it waits irq-self-deadlock's.
const HeldLock* collision(const RefusedAcquisition& refused) {
  if (refused.slot == nullptr) return nullptr;
  // What such a slot shows without a report may have been in order, and let go of since.
  if (refused.wanted->ordered && !refused.report) return nullptr;
  const HeldLock& slot = *refused.slot;
  if (!slot.check || slot.trylock) return nullptr;
  for (const HeldLock& held : refused.task->held_locks) {
    if (slot.nest_lock != 0 && held.address == slot.nest_lock) return nullptr;
    if (held.class_index != slot.class_index) continue;
    if (held.irq_context != slot.irq_context) continue;
    if (slot.read == 2 && held.read != 0) continue;
    return &held;
  }
  return nullptr;
}

std::string access(const HeldLock& lock) {
  return lock.read == 0 ? "" : " for reading";
}

std::string explanation(const RefusedAcquisition& refused, const HeldLock& held) {
  const std::string& name = refused.wanted->name;
  const HeldLock& slot = *refused.slot;
  std::string text = fmt::format(
      "{} took {}{} in {}, and asks for {}{} in {}.", task_label(*refused.task), name, access(held),
      function_label(held.acquired_at), name, access(slot), function_label(slot.acquired_at));
  if (held.address == slot.address) {
    text += fmt::format(" It is the same lock, at {}: the task waits for itself, for ever.",
                        hex_address(held.address));
  } else {
    text += fmt::format(
        " They are two locks of one class, at {} and {}: nothing says that they are always taken "
        "in one order, and where another task takes them the other way round, both wait for ever.",
        hex_address(held.address), hex_address(slot.address));
  }
  const bool reader = slot.read == 1 && held.read != 0;
  if (reader) {
    text +=
        " Both read, but this lock lets no reader in behind a waiting writer: with a writer "
        "between the two it waits for itself.";
  }
  return text + fmt::format("\n\n  one task:\n    lock({})   {}\n    lock({})   {}: waits\n", name,
                            function_label(held.acquired_at), name,
                            function_label(slot.acquired_at));
}

std::string remedy(const RefusedAcquisition& refused, const HeldLock& held) {
  const std::string inner = function_label(refused.slot->acquired_at);
  const std::string outer = function_label(held.acquired_at);
  if (held.address == refused.slot->address) {
    return fmt::format(
        "do not call {} with {} held by {}: a variant that expects it held, or let "
        "go of it first",
        inner, refused.wanted->name, outer);
  }
  const bool sleeps =
      refused.wanted->lock_type == model::kNormalLock && refused.wanted->wait_type_inner > 0;
  return fmt::format(
      "if the two have an order (parent before child, lower address first), say so where the "
      "second is taken, in {}: {} with SINGLE_DEPTH_NESTING or a subclass of its own. Else do not "
      "take it with the first held",
      inner, sleeps ? "spin_lock_nested(), mutex_lock_nested()" : "the _nested() variant");
}

model::Finding finding_for(const RefusedAcquisition& refused, const HeldLock& held) {
  const model::LockClass& lock_class = *refused.wanted;
  const Task& task = *refused.task;
  model::Finding finding;
  finding.rule = "recursive-lock";
  finding.grade = refused.grade();
  finding.title =
      fmt::format("{} asks for {}, of which it holds {} already.", task_label(task),
                  lock_class.name, held.address == refused.slot->address ? "the very lock" : "one");
  finding.explanation = explanation(refused, held);
  finding.remedy = remedy(refused, held);
  finding.locks.push_back({lock_class.name, held.address, "lockdep_map", lock_class.name, ""});
  if (held.address != refused.slot->address) {
    finding.locks.push_back(
        {lock_class.name, refused.slot->address, "lockdep_map", lock_class.name, ""});
  }
  finding.tasks.push_back({task.pid, task.comm, task.cpu, task.address, model::Role::owner});
  finding.signature =
      signature(finding.rule, {class_key(lock_class), function_key(held.acquired_at),
                               function_key(refused.slot->acquired_at)});
  model::Evidence places;
  places.text = "the two places, as lockdep noted them:";
  places.stack = {refused.slot->acquired_at, held.acquired_at};
  places.stack[0].note = fmt::format("asks for {} again", lock_class.name);
  places.stack[1].note = fmt::format("took {}", lock_class.name);
  finding.evidence.push_back(std::move(places));
  for (const std::string& fact : refused.evidence) {
    finding.evidence.push_back({fact, std::nullopt, {}});
  }
  return finding;
}

}  // namespace

std::vector<model::Finding> check_recursive_lock(const model::Snapshot& snapshot) {
  std::vector<model::Finding> findings;
  std::optional<std::vector<model::SharedKey>> shared;
  for (const RefusedAcquisition& refused : refused_acquisitions(snapshot)) {
    const HeldLock* held = collision(refused);
    if (held == nullptr) continue;
    findings.push_back(finding_for(refused, *held));
    if (!shared) shared = model::shared_keys(snapshot);
    doubt_shared_class(*refused.wanted, *shared, findings.back());
    doubt_unnamed_class(*refused.wanted, findings.back());
  }
  return findings;
}

}  // namespace kmortem::checks
