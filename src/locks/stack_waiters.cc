// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/stack_waiters.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "base/hex.h"
#include "dump/memory.h"

namespace kmortem::locks {

namespace {

using model::Grade;
using model::LockSource;
using model::LockType;

// From thread.sp up lie the frames of the scheduler and of the lock's slow path, with the waiter in
// the latter: some hundred bytes, more with KASAN.
constexpr uint64_t kWindow = 2048;
constexpr size_t kMostInQueue = 65536;

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

std::string on_list(const PartyAt& found) {
  return fmt::format("the list of waiters of {} has this task", hex_address(found.lock));
}

}  // namespace

LockType slept_for_in(std::string_view function) {
  const std::string_view name = function.substr(0, function.find('.'));
  if (name.starts_with("rt_spin_lock") || name.starts_with("rtlock_slowlock")) {
    return LockType::rt_spinlock;
  }
  if (name.starts_with("rt_read_lock") || name.starts_with("rt_write_lock")) {
    return LockType::rt_rwlock;
  }
  if (name.starts_with("__mutex_lock") || name.starts_with("mutex_lock") ||
      name.starts_with("__ww_mutex_lock")) {
    return LockType::mutex;
  }
  if (name.starts_with("__rt_mutex_") || name.starts_with("rt_mutex_") ||
      name.starts_with("futex_lock_pi")) {
    return LockType::rt_mutex;
  }
  if (name.starts_with("rwsem_down_") || name.starts_with("call_rwsem_down_") ||
      name.starts_with("down_read") || name.starts_with("down_write") ||
      name.starts_with("__down_read") || name.starts_with("__down_write")) {
    return LockType::rw_semaphore;
  }
  if (is_one_of(name, {"__down", "__down_common", "___down_common", "__down_interruptible",
                       "__down_killable", "__down_timeout", "down", "down_interruptible",
                       "down_killable", "down_timeout"})) {
    return LockType::semaphore;
  }
  if (name.starts_with("wait_for_completion") ||
      is_one_of(name, {"__wait_for_common", "wait_for_common", "do_wait_for_common"})) {
    return LockType::completion;
  }
  if (name.starts_with("percpu_rwsem_wait") || name.starts_with("__percpu_down_read") ||
      name.starts_with("percpu_down_write")) {
    return LockType::percpu_rwsem;
  }
  return LockType::unknown;
}

StackWaiterFinder::StackWaiterFinder(const kernel::Target& target, const LockContainers& containers,
                                     const WaiterReader& waiters, const KnownTasks& tasks)
    : target_(target), containers_(containers), waiters_(waiters), tasks_(tasks) {
  for (const LockType type : {LockType::mutex, LockType::rw_semaphore, LockType::semaphore,
                              LockType::completion, LockType::percpu_rwsem}) {
    forms_.push_back({type, waiter_layout(target, type)});
  }
}

bool StackWaiterFinder::is_linked(uint64_t node) const {
  kernel::ListLinks links;
  if (!target_.memory.read(node, std::as_writable_bytes(std::span(&links, 1)))) return false;
  if (links.next == node || !dump::is_kernel_address(links.next) ||
      !dump::is_kernel_address(links.prev)) {
    return false;
  }
  const auto back = target_.memory.read_u64(links.next + 8);
  const auto forth = target_.memory.read_u64(links.prev);
  return back && forth && *back == node && *forth == node;
}

/// The elements of the ring that are no waiters on their tasks' stacks: the list's head, and
/// waiters of tasks that are not known (their task_struct may be missing from the dump). None
/// in 7.x, which has no heads.
std::vector<uint64_t> StackWaiterFinder::heads_in(uint64_t node, const WaiterLayout& layout) const {
  std::vector<uint64_t> heads;
  uint64_t at = node;
  for (size_t i = 0; i < kMostInQueue; ++i) {
    const auto next = target_.memory.read_u64(at);
    if (!next || *next == node) break;
    const auto back = target_.memory.read_u64(*next + 8);
    if (!back || *back != at) break;
    at = *next;
    const auto task = at < layout.links ? std::unexpected(ReadError{})
                                        : target_.memory.read_u64(at - layout.links + layout.task);
    if (!task || !tasks_.on_stack_of(*task, at)) heads.push_back(at);
  }
  return heads;
}

/// Where the ring runs into memory that the dump lacks, at the same place from either side: the
/// list's head, or a stranger's waiter.
std::optional<uint64_t> StackWaiterFinder::missing_head(uint64_t node) const {
  constexpr uint64_t kNext = 0;
  constexpr uint64_t kPrev = 8;
  const auto end_of = [this, node](uint64_t link, uint64_t back_link) -> std::optional<uint64_t> {
    uint64_t at = node;
    for (size_t i = 0; i < kMostInQueue; ++i) {
      const auto next = target_.memory.read_u64(at + link);
      if (!next || *next == node || !dump::is_kernel_address(*next)) return std::nullopt;
      const auto back = target_.memory.read_u64(*next + back_link);
      if (!back)
        return back.error().kind == ReadError::Kind::unmapped ? std::nullopt : std::optional(*next);
      if (*back != at) return std::nullopt;
      at = *next;
    }
    return std::nullopt;
  };
  const auto forward = end_of(kNext, kPrev);
  if (!forward || end_of(kPrev, kNext) != forward) return std::nullopt;
  return forward;
}

/// The lock itself cannot be asked: what is told by the links alone is inferred.
std::optional<PartyAt> StackWaiterFinder::by_missing_head(
    const model::Task& task, const Form& form, const Queued& queued,
    const std::set<LockType>& functions) const {
  const auto member = waiters_.list_head(form.type);
  if (functions.size() != 1 || !functions.contains(form.type) || !member) return std::nullopt;
  if (queued.head < member->offset) return std::nullopt;
  PartyAt found;
  found.lock = queued.head - member->offset;
  found.type = form.type;
  found.waits = true;
  found.party.task = task.address;
  found.party.source = LockSource::stack_slot;
  found.party.grade = Grade::inferred;
  found.party.evidence =
      fmt::format("waiter on the stack at {}, in a list that begins at {}, which the dump lacks",
                  hex_address(queued.node - form.layout.links), hex_address(queued.head));
  return found;
}

/// The lock in whose list `node` is. Where a stranger's waiter reads as a lock as well, the one
/// that names an owner is it; nothing when that does not decide.
std::optional<LockAt> StackWaiterFinder::lock_with(LockType type, uint64_t node,
                                                   const WaiterLayout& layout) const {
  const auto known = lock_of_waiter_.find(node - layout.links);
  if (known != lock_of_waiter_.end() && known->second.type == type) return known->second;
  std::vector<LockAt> locks;
  for (const uint64_t head : heads_in(node, layout)) {
    if (const auto lock = containers_.of_wait_list(type, head)) locks.push_back(*lock);
  }
  if (locks.size() > 1) {
    std::erase_if(locks, [this](const LockAt& lock) {
      const auto word = containers_.read(lock);
      return !word || tasks_.find(word->owner) == nullptr;
    });
  }
  if (locks.size() != 1) return std::nullopt;
  return locks.front();
}

StackWaiterFinder::Words StackWaiterFinder::read_words(const model::Task& task,
                                                       const TaskWait& wait) const {
  Words stack;
  if (!tasks_.on_stack_of(task.address, wait.sp)) return stack;
  const uint64_t left = task.stack_base + tasks_.stack_size() - wait.sp;
  stack.address = wait.sp & ~uint64_t{7};
  stack.words.resize(std::min(left, kWindow) / 8);
  if (!target_.memory.read(stack.address, std::as_writable_bytes(std::span(stack.words)))) {
    stack.words.clear();
  }
  return stack;
}

std::set<LockType> StackWaiterFinder::functions_in(const Words& stack) const {
  std::set<LockType> types;
  for (const uint64_t word : stack.words) {
    if (word < 0xffffffff80000000) continue;
    const auto symbol = target_.symbols.containing(word - 1);
    if (!symbol) continue;
    const LockType type = slept_for_in(symbol->name);
    if (type != LockType::unknown) types.insert(type);
  }
  return types;
}

// Thousands may wait for one lock: its list is read for the first of them.
const StackWaiterFinder::Queue& StackWaiterFinder::queue_of(const LockAt& lock) {
  const auto [queue, is_new] = queues_.try_emplace({lock.address, lock.type});
  if (!is_new) return queue->second;
  for (const Waiter& waiter : waiters_.read(lock.type, lock.address).waiters) {
    queue->second.try_emplace(waiter.task, waiter);
    lock_of_waiter_.try_emplace(waiter.node, lock);
  }
  return queue->second;
}

std::optional<PartyAt> StackWaiterFinder::confirmed(const model::Task& task, const LockAt& lock,
                                                    LockSource source, std::string evidence) {
  PartyAt found;
  found.lock = lock.address;
  found.type = lock.type;
  found.waits = true;
  found.party.task = task.address;
  found.party.source = source;
  found.party.evidence = std::move(evidence);
  const Queue& queue = queue_of(lock);
  const auto own = queue.find(task.address);
  if (own == queue.end() && source == LockSource::blocked_on && !containers_.read(lock)) {
    // The task's own word for it; the lock, on a page that the dump lacks, cannot give its.
    found.party.grade = Grade::inferred;
    return found;
  }
  if (own == queue.end()) return std::nullopt;
  found.party.shared = own->second.shared;
  found.party.grade = Grade::proven;
  found.party.evidence += "; " + on_list(found);
  return found;
}

std::optional<LockAt> StackWaiterFinder::headless(const Words& stack, LockType type,
                                                  uint64_t node) const {
  const auto first = waiters_.first_waiter(type);
  if (!first) return std::nullopt;
  for (const uint64_t word : stack.words) {
    if (!dump::is_kernel_address(word)) continue;
    const auto pointer = target_.memory.read_u64(word + first->offset);
    if (!pointer || *pointer == 0) continue;
    const WaiterList list = waiters_.read(type, word);
    const bool here = std::ranges::any_of(
        list.waiters, [&](const Waiter& waiter) { return waiter.node == node; });
    if (here && containers_.may_be_contended({word, type})) return LockAt{word, type};
  }
  return std::nullopt;
}

std::optional<PartyAt> StackWaiterFinder::try_node(const model::Task& task, const Words& stack,
                                                   uint64_t task_slot,
                                                   std::set<LockType>* functions) {
  std::optional<LockAt> lock;
  std::optional<uint64_t> last_node;
  for (const Form& form : forms_) {
    const uint64_t waiter = task_slot - form.layout.task;
    const uint64_t node = waiter + form.layout.links;
    if (!tasks_.on_stack_of(task.address, node)) continue;
    if (!is_linked(node)) {
      const auto head = missing_head(node);
      if (!head) continue;
      if (functions->empty()) *functions = functions_in(stack);
      if (auto found = by_missing_head(task, form, {node, *head}, *functions)) return found;
      continue;
    }
    if (functions->empty()) *functions = functions_in(stack);
    // What sleeps in no function of a lock's slow path waits for something else: an event, I/O.
    if (!functions->contains(form.type)) continue;
    auto candidate = lock_with(form.type, node, form.layout);
    if (!candidate) candidate = headless(stack, form.type, waiter);
    if (!candidate) continue;
    if (lock) return std::nullopt;  // two types fit: not to be told apart
    lock = candidate;
    last_node = waiter;
  }
  if (!lock) return std::nullopt;
  return confirmed(task, *lock, LockSource::stack_slot,
                   "waiter on the stack at " + hex_address(*last_node));
}

std::optional<PartyAt> StackWaiterFinder::by_stack(const model::Task& task, const TaskWait& wait) {
  const Words stack = read_words(task, wait);
  std::set<LockType> functions;
  for (size_t i = 0; i < stack.words.size(); ++i) {
    if (stack.words[i] != task.address) continue;
    auto found = try_node(task, stack, stack.address + i * 8, &functions);
    if (found) return found;
  }
  return std::nullopt;
}

std::optional<PartyAt> StackWaiterFinder::by_mutex_waiter(const model::Task& task,
                                                          uint64_t waiter) {
  const WaiterLayout layout = waiter_layout(target_, LockType::mutex);
  const uint64_t node = waiter + layout.links;
  if (!tasks_.on_stack_of(task.address, node) || !is_linked(node)) return std::nullopt;
  const auto lock = lock_with(LockType::mutex, node, layout);
  if (!lock) return std::nullopt;
  return confirmed(task, *lock, LockSource::blocked_on,
                   "task_struct.blocked_on = " + hex_address(waiter));
}

std::optional<PartyAt> StackWaiterFinder::by_pi_blocked_on(const model::Task& task,
                                                           const TaskWait& wait) {
  const auto lock_field = target_.types.field("rt_mutex_waiter.lock");
  const auto task_field = target_.types.field("rt_mutex_waiter.task");
  if (!lock_field || !task_field) return std::nullopt;
  const auto lock = target_.memory.read_u64(wait.pi_blocked_on + lock_field->offset);
  const auto owner = target_.memory.read_u64(wait.pi_blocked_on + task_field->offset);
  if (!lock || !owner || *owner != task.address) return std::nullopt;
  const std::string evidence = fmt::format("task_struct.pi_blocked_on = {}, its lock {}",
                                           hex_address(wait.pi_blocked_on), hex_address(*lock));
  // Of what kind the lock around the rt_mutex is, the functions on the stack say; the outer ones
  // (mutex_lock) matter more than the common inner ones.
  const auto functions = functions_in(read_words(task, wait));
  const std::pair<LockType, const char*> forms[] = {
      {LockType::rt_rwlock, "rwlock_t.rwbase.rtmutex"},
      {LockType::rw_semaphore, "rw_semaphore.rwbase.rtmutex"},
      {LockType::rt_spinlock, "spinlock.lock"},
      {LockType::mutex, "mutex.rtmutex"}};
  for (const auto& [type, member] : forms) {
    const auto inner = target_.types.field(member);
    if (!inner || !functions.contains(type) || *lock < inner->offset) continue;
    return confirmed(task, {*lock - inner->offset, type}, LockSource::blocked_on, evidence);
  }
  return confirmed(task, {*lock, LockType::rt_mutex}, LockSource::blocked_on, evidence);
}

std::vector<PartyAt> StackWaiterFinder::by_fields(const model::Task& task, const TaskWait& wait,
                                                  bool blocked_on_mutex) {
  std::vector<PartyAt> found;
  const auto keep = [&](std::optional<PartyAt> party) {
    if (party) found.push_back(std::move(*party));
  };
  if (dump::is_kernel_address(wait.pi_blocked_on)) keep(by_pi_blocked_on(task, wait));
  if (dump::is_kernel_address(wait.blocked_on)) {
    // 7.x: all ones while the task that it waited for wakes it (PROXY_WAKING).
    if (!blocked_on_mutex) {
      keep(by_mutex_waiter(task, wait.blocked_on));
    } else if (wait.blocked_on != UINT64_MAX) {
      keep(confirmed(task, {wait.blocked_on, LockType::mutex}, LockSource::blocked_on,
                     "task_struct.blocked_on = " + hex_address(wait.blocked_on)));
    }
  }
  if (dump::is_kernel_address(wait.blocker)) {
    constexpr LockType kTypes[] = {LockType::mutex, LockType::semaphore, LockType::rw_semaphore,
                                   LockType::rw_semaphore};
    keep(confirmed(task, {wait.blocker & ~uint64_t{3}, kTypes[wait.blocker & 3]},
                   LockSource::blocked_on, "task_struct.blocker = " + hex_address(wait.blocker)));
  }
  return found;
}

}  // namespace kmortem::locks
