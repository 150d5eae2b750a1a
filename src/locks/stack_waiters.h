// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "kernel/target.h"
#include "locks/lock_containers.h"
#include "locks/party_at.h"
#include "locks/task_waits.h"

namespace kmortem::locks {

/// The type of lock that a function of the kernel sleeps for: "__mutex_lock.constprop.0" for a
/// mutex; unknown for any other function.
model::LockType slept_for_in(std::string_view function);

/// Finds the lock that a sleeping task waits for, from the waiter structure on its stack, whatever
/// lock debugging there is: a word with the task's own address beside two list links whose
/// neighbours point back. Nothing is taken that does not end in a lock whose list has this task.
class StackWaiterFinder {
 public:
  /// Borrows everything.
  StackWaiterFinder(const kernel::Target& target, const LockContainers& containers,
                    const WaiterReader& waiters, const KnownTasks& tasks);

  /// By task_struct.blocked_on, pi_blocked_on and blocker.
  std::vector<PartyAt> by_fields(const model::Task& task, const TaskWait& wait,
                                 bool blocked_on_mutex);

  /// By the stack from thread.sp up.
  std::optional<PartyAt> by_stack(const model::Task& task, const TaskWait& wait);

 private:
  struct Form {
    model::LockType type;
    WaiterLayout layout;
  };
  struct Words {
    uint64_t address = 0;
    std::vector<uint64_t> words;
  };
  Words read_words(const model::Task& task, const TaskWait& wait) const;
  std::set<model::LockType> functions_in(const Words& stack) const;
  std::optional<PartyAt> try_node(const model::Task& task, const Words& stack, uint64_t task_slot,
                                  std::set<model::LockType>* functions);
  std::vector<uint64_t> heads_in(uint64_t node, const WaiterLayout& layout) const;
  std::optional<LockAt> lock_with(model::LockType type, uint64_t node,
                                  const WaiterLayout& layout) const;
  std::optional<uint64_t> missing_head(uint64_t node) const;
  /// A waiter's links, and where the list begins that they are in.
  struct Queued {
    uint64_t node = 0;
    uint64_t head = 0;
  };
  std::optional<PartyAt> by_missing_head(const model::Task& task, const Form& form,
                                         const Queued& queued,
                                         const std::set<model::LockType>& functions) const;
  std::optional<LockAt> headless(const Words& stack, model::LockType type, uint64_t node) const;
  bool is_linked(uint64_t node) const;
  std::optional<PartyAt> confirmed(const model::Task& task, const LockAt& lock,
                                   model::LockSource source, std::string evidence);
  std::optional<PartyAt> by_pi_blocked_on(const model::Task& task, const TaskWait& wait);
  std::optional<PartyAt> by_mutex_waiter(const model::Task& task, uint64_t waiter);

  using Queue = std::unordered_map<uint64_t, Waiter>;  // by task
  const Queue& queue_of(const LockAt& lock);

  const kernel::Target& target_;
  const LockContainers& containers_;
  const WaiterReader& waiters_;
  const KnownTasks& tasks_;
  std::vector<Form> forms_;
  std::map<std::pair<uint64_t, model::LockType>, Queue> queues_;
  std::unordered_map<uint64_t, LockAt> lock_of_waiter_;  // by the waiter structure
};

}  // namespace kmortem::locks
