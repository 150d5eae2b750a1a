// SPDX-License-Identifier: GPL-3.0-or-later
// wait-context: check_wait_context() again, on the acquisition that lockdep refused: a lock may
// only be taken where its outer wait type is no greater than the inner one of everything held in
// the same context, and of the context itself.
#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "base/hex.h"
#include "checks/lock_parties.h"
#include "checks/refused_acquisition.h"
#include "checks/rules.h"
#include "checks/wording.h"

namespace kmortem::checks {

namespace {

using model::HeldLock;
using model::LockClass;
using model::Lockdep;

// enum lockdep_lock_type: LD_LOCK_WAIT_OVERRIDE (6.4) lies behind LD_LOCK_PERCPU.
constexpr unsigned kWaitOverride = 2;

// held_lock.irq_context.
constexpr unsigned kInSoftirq = 1;
constexpr unsigned kInHardirq = 2;

uint64_t wait_type(const Lockdep& lockdep, const char* name, uint64_t otherwise) {
  const auto known = lockdep.wait_type_values.find(name);
  return known == lockdep.wait_type_values.end() ? otherwise : known->second;
}

// task_wait_context(): what the context alone allows. A handler that may run threaded counts as
// CONFIG, and the dump does not say of the past which one it was: only a report tells.
uint64_t context_allows(const Lockdep& lockdep, const RefusedAcquisition& refused) {
  const unsigned irq_context = refused.slot->irq_context;
  const uint64_t any = wait_type(lockdep, "LD_WAIT_MAX", UINT64_MAX);
  const bool hardirq = (irq_context & kInHardirq) != 0;
  if (hardirq && refused.report) return wait_type(lockdep, "LD_WAIT_SPIN", any);
  if (hardirq || (irq_context & kInSoftirq) != 0) return wait_type(lockdep, "LD_WAIT_CONFIG", any);
  return any;
}

/// What forbids the acquisition: a held lock, or the context itself.
struct Obstacle {
  const HeldLock* held = nullptr;         ///< null: the context
  const LockClass* lock_class = nullptr;  ///< of `held`
  uint64_t allows = 0;
};

std::optional<Obstacle> obstacle(const Lockdep& lockdep, const RefusedAcquisition& refused) {
  const HeldLock& slot = *refused.slot;
  const uint64_t inner = refused.wanted->wait_type_inner;
  const uint64_t outer =
      refused.wanted->wait_type_outer != 0 ? refused.wanted->wait_type_outer : inner;
  if (inner == 0 || slot.trylock) return std::nullopt;
  Obstacle least;
  least.allows = context_allows(lockdep, refused);
  for (const HeldLock& held : refused.task->held_locks) {
    const LockClass* lock_class = lockdep.find(held.class_index);
    if (held.irq_context != slot.irq_context) {
      least = {nullptr, nullptr, context_allows(lockdep, refused)};
      continue;
    }
    if (lock_class == nullptr || lock_class->wait_type_inner == 0) continue;
    const bool overrides = lock_class->lock_type == kWaitOverride;
    if (overrides || lock_class->wait_type_inner < least.allows) {
      least = {&held, lock_class, lock_class->wait_type_inner};
    }
  }
  return outer > least.allows ? std::optional(least) : std::nullopt;
}

// The lock itself, when its map was found in memory and is not what its class says.
const model::LockMap* alias(const model::Snapshot& snapshot, const RefusedAcquisition& refused) {
  const auto it =
      std::ranges::find(snapshot.scan.maps, refused.slot->address, &model::LockMap::address);
  if (it == snapshot.scan.maps.end()) return nullptr;
  const bool named = it->name.str() == refused.wanted->raw_name || it->name.str().empty();
  const bool typed = it->wait_type_inner == refused.wanted->wait_type_inner;
  return named && typed ? nullptr : &*it;
}

std::string context_name(unsigned irq_context) {
  if ((irq_context & kInHardirq) != 0) return "in a hard interrupt";
  if ((irq_context & kInSoftirq) != 0) return "in a softirq";
  return "in process context";
}

class Story {
 public:
  Story(const model::Snapshot& snapshot, const RefusedAcquisition& refused, Obstacle obstacle)
      : lockdep_(snapshot.lockdep),
        refused_(refused),
        obstacle_(obstacle),
        alias_(alias(snapshot, refused)) {}

  model::Finding finding() const {
    const model::Task& task = *refused_.task;
    model::Finding finding;
    finding.rule = "wait-context";
    finding.grade = refused_.grade();
    finding.title = title();
    finding.explanation = explanation();
    finding.remedy = remedy();
    finding.tasks.push_back({task.pid, task.comm, task.cpu, task.address, model::Role::owner});
    const std::string lock = alias_ == nullptr ? refused_.wanted->name : alias_->name.str();
    finding.locks.push_back(
        {lock, refused_.slot->address, "lockdep_map", refused_.wanted->name, ""});
    if (obstacle_.held != nullptr) {
      const std::string& held = obstacle_.lock_class->name;
      finding.locks.push_back({held, obstacle_.held->address, "lockdep_map", held, ""});
    }
    finding.signature = signature(finding.rule, {class_key(*refused_.wanted), under_key(),
                                                 function_key(refused_.slot->acquired_at)});
    if (alias_ != nullptr) finding.severity = model::Severity::warning;
    add_evidence(finding);
    return finding;
  }

 private:
  std::string under_key() const {
    return obstacle_.held == nullptr ? "context" : class_key(*obstacle_.lock_class);
  }

  std::string under() const {
    return obstacle_.held == nullptr ? context_name(refused_.slot->irq_context)
                                     : "under " + obstacle_.lock_class->name;
  }

  std::string title() const {
    const std::string& name = refused_.wanted->name;
    if (alias_ != nullptr) {
      return fmt::format("lockdep reported {} {}, but the lock is {}: a false report.", name,
                         under(), alias_->name.str());
    }
    return fmt::format("{} is taken {}, where nothing may wait so long.", name, under());
  }

  std::string explanation() const {
    const LockClass& wanted = *refused_.wanted;
    const unsigned outer =
        wanted.wait_type_outer != 0 ? wanted.wait_type_outer : wanted.wait_type_inner;
    std::string text = fmt::format(
        "{} asks for {} in {}, {}. Its wait type is {}; what may wait there is {} at most.",
        task_label(*refused_.task), wanted.name, function_label(refused_.slot->acquired_at),
        under(), wait_type_text(lockdep_, outer),
        wait_type_text(lockdep_, static_cast<unsigned>(obstacle_.allows)));
    if (alias_ != nullptr) {
      return text + fmt::format(
                        "\n\nBut the lock at {} is {}, with wait type {}: its lockdep_map has the "
                        "class of another lock (class-cache-alias), and the check was made with "
                        "that one's type.",
                        hex_address(alias_->address), alias_->name.str(),
                        wait_type_text(lockdep_, alias_->wait_type_inner));
    }
    if (may_sleep(lockdep_, outer)) {
      return text +
             " When the lock is not free the task sleeps, with a spinlock held or in the "
             "middle of an interrupt: whoever spins on it meanwhile, or needs the CPU, "
             "waits for a task that does not run.";
    }
    return text +
           " On PREEMPT_RT this lock sleeps, and what it is taken under spins: there the "
           "task would sleep with a spinning lock held. On other kernels nothing happens.";
  }

  std::string remedy() const {
    if (alias_ != nullptr) {
      return "give the lock a key of its own: see the finding that this one follows from";
    }
    const std::string where = function_label(refused_.slot->acquired_at);
    if (obstacle_.held == nullptr) {
      return fmt::format("do not take {} {}: a work item, or a lock that spins ({})",
                         refused_.wanted->name, under(), where);
    }
    return fmt::format("take {} before {}, or make it a lock that spins as the other does: {}",
                       refused_.wanted->name, obstacle_.lock_class->name, where);
  }

  void add_evidence(model::Finding& finding) const {
    model::Evidence places;
    places.text = "the places, as lockdep noted them:";
    places.stack.push_back(refused_.slot->acquired_at);
    places.stack.back().note = "asks for " + finding.locks.front().name;
    if (obstacle_.held != nullptr) {
      places.stack.push_back(obstacle_.held->acquired_at);
      places.stack.back().note = "took " + obstacle_.lock_class->name;
    }
    finding.evidence.push_back(std::move(places));
    for (const std::string& fact : refused_.evidence) {
      finding.evidence.push_back({fact, std::nullopt, {}});
    }
  }

  const Lockdep& lockdep_;
  const RefusedAcquisition& refused_;
  Obstacle obstacle_;
  const model::LockMap* alias_;
};

}  // namespace

std::vector<model::Finding> check_wait_context(const model::Snapshot& snapshot) {
  std::vector<model::Finding> findings;
  for (const RefusedAcquisition& refused : refused_acquisitions(snapshot)) {
    if (refused.slot == nullptr) continue;
    const auto found = obstacle(snapshot.lockdep, refused);
    if (found) findings.push_back(Story(snapshot, refused, *found).finding());
  }
  return findings;
}

}  // namespace kmortem::checks
