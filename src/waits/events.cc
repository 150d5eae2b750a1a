// SPDX-License-Identifier: GPL-3.0-or-later
#include "waits/events.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <span>
#include <utility>

#include "waits/cpu_calls.h"
#include "waits/kernel_threads.h"
#include "waits/thread_ends.h"
#include "waits/timer_functions.h"
#include "waits/work_items.h"

namespace kmortem::waits {

namespace {

using model::LockState;
using model::LockType;

// What stands between schedule() and the code that decided to wait for the event.
const std::vector<std::string_view> kWaiting = {"__schedule",           "schedule",
                                                "wait_for_completion",  "__wait_for_common",
                                                "do_wait_for_",         "wait_for_common",
                                                "__flush_work",         "flush_work",
                                                "__cancel_work",        "cancel_work_sync",
                                                "cancel_delayed_work",  "flush_delayed_work",
                                                "__flush_workqueue",    "drain_workqueue",
                                                "destroy_workqueue",    "kthread_stop",
                                                "kthread_park",         "kthread_destroy_worker",
                                                "__cancel_delayed_work"};

/// Each waiter by itself: a barrier or a flusher is on one waiter's stack.
class Completions {
 public:
  Completions(const Scene& scene, std::span<const KernelThread> threads)
      : scene_(scene), works_(scene, threads), ends_(scene, threads) {}

  std::optional<LockState> meaning(const LockState& completion) const {
    auto event = works_.behind_barrier(completion.address);
    if (!event) event = works_.of_flusher(completion.address);
    if (!event) event = ends_.of(completion.address);
    if (!event) return std::nullopt;
    for (model::LockParty waiter : completion.waiters) {
      const model::Task* task = scene_.known.find(waiter.task);
      const int last = task == nullptr ? -1 : outermost_of(task->stack, kWaiting);
      if (waiter.frame < 0 && last >= 0) waiter.frame = last + 1;
      event->waiters.push_back(std::move(waiter));
    }
    return event;
  }

 private:
  const Scene& scene_;
  WorkItems works_;
  ThreadEnds ends_;
};

bool is_awaited_completion(const LockState& lock) {
  return lock.type == LockType::completion && !lock.waiters.empty();
}

/// Two that wait for one work item make one event.
void add(LockState event, std::vector<LockState>* events) {
  const auto known = std::ranges::find_if(*events, [&](const LockState& other) {
    return other.address == event.address && other.type == event.type;
  });
  if (known == events->end()) {
    events->push_back(std::move(event));
    return;
  }
  std::ranges::move(event.waiters, std::back_inserter(known->waiters));
}

}  // namespace

void add_events(const Scene& scene, std::vector<LockState>* locks) {
  std::vector<LockState> events = awaited_cpu_calls(scene);
  std::ranges::move(awaited_timers(scene), std::back_inserter(events));
  if (std::ranges::any_of(*locks, is_awaited_completion)) {
    const Completions completions(scene, read_kernel_threads(scene));
    std::erase_if(*locks, [&](const LockState& lock) {
      auto event = is_awaited_completion(lock) ? completions.meaning(lock) : std::nullopt;
      if (event) add(std::move(*event), &events);
      return event.has_value();
    });
  }
  std::ranges::move(events, std::back_inserter(*locks));
  std::ranges::stable_sort(*locks, {}, &LockState::address);
}

}  // namespace kmortem::waits
