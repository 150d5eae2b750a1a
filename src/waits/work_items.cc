// SPDX-License-Identifier: GPL-3.0-or-later
#include "waits/work_items.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/hex.h"
#include "dump/memory.h"

namespace kmortem::waits {

namespace {

constexpr size_t kMostScheduled = 4096;
constexpr size_t kLongestName = 64;

model::LockParty worker_party(const Worker& worker, std::string evidence) {
  const int frame =
      outermost_of(worker.task->stack, {"process_one_work", "process_scheduled_works"});
  return party_of(*worker.task, frame, std::move(evidence));
}

}  // namespace

WorkItems::WorkItems(const Scene& scene, std::span<const KernelThread> threads)
    : scene_(scene), workers_(busy_workers(scene, threads)) {}

/// Follows the list that a barrier is on to its head.
const Worker* WorkItems::worker_with(uint64_t barrier_entry) const {
  uint64_t at = barrier_entry;
  for (size_t i = 0; i < kMostScheduled; ++i) {
    const uint64_t next = scene_.target.memory.read_u64(at).value_or(0);
    if (!dump::is_kernel_address(next)) return nullptr;
    // Each link is believed only if its neighbour points back.
    if (scene_.target.memory.read_u64(next + 8).value_or(0) != at) return nullptr;
    if (next == barrier_entry) return nullptr;
    const auto worker = std::ranges::find(workers_, next, &Worker::scheduled);
    if (worker != workers_.end()) return &*worker;
    at = next;
  }
  return nullptr;
}

std::optional<model::LockState> WorkItems::behind_barrier(uint64_t completion) const {
  const debuginfo::TypeTable& types = scene_.target.types;
  const auto done = types.field("wq_barrier.done");
  const auto function = types.field("wq_barrier.work.func");
  const auto entry = types.field("wq_barrier.work.entry");
  const auto barrier_function = scene_.target.symbol("wq_barrier_func");
  if (!done || !function || !entry || !barrier_function) return std::nullopt;
  const uint64_t barrier = completion - done->offset;
  if (scene_.target.memory.read_u64(barrier + function->offset).value_or(0) != *barrier_function) {
    return std::nullopt;
  }
  const Worker* worker = worker_with(barrier + entry->offset);
  if (worker == nullptr) return std::nullopt;
  model::LockState state;
  state.address = worker->work;
  state.type = model::LockType::work;
  state.symbol = scene_.symbolizer.describe(worker->work);
  const std::string runs = worker->function == 0 ? "" : scene_.function_text(worker->function);
  state.name = state.symbol.empty() ? runs : state.symbol;
  state.owners.push_back(worker_party(
      *worker, fmt::format("worker {} runs {}{}, and has the wq_barrier at {} behind it",
                           hex_address(worker->address), hex_address(worker->work),
                           runs.empty() ? "" : ", " + runs, hex_address(barrier))));
  return state;
}

std::optional<model::LockState> WorkItems::of_flusher(uint64_t completion) const {
  const debuginfo::TypeTable& types = scene_.target.types;
  const auto done = types.field("wq_flusher.done");
  const auto colour = types.field("wq_flusher.flush_color");
  const auto first = types.field("workqueue_struct.first_flusher");
  const auto queue = types.field("pool_workqueue.wq");
  const auto running = types.field("worker.current_color");  // 5.15
  if (!done || !colour || !first || !queue || !running) return std::nullopt;
  dump::Memory& memory = scene_.target.memory;
  const uint64_t flusher = completion - done->offset;
  std::optional<model::LockState> state;
  for (const Worker& worker : workers_) {
    const uint64_t wq = memory.read_u64(worker.pool_queue + queue->offset).value_or(0);
    if (wq == 0 || memory.read_u64(wq + first->offset).value_or(0) != flusher) continue;
    const auto wanted = memory.read_u32(flusher + colour->offset);
    const auto has = memory.read_u32(worker.address + running->offset);
    if (!wanted || !has || *wanted != *has) continue;
    if (!state) {
      state.emplace();
      state->address = wq;
      state->type = model::LockType::workqueue;
      if (const auto name = types.field("workqueue_struct.name"); name && name->is_array) {
        state->name =
            memory.read_string(wq + name->offset, std::min(name->count, kLongestName)).value_or("");
      }
    }
    state->owners.push_back(worker_party(
        worker,
        fmt::format("worker {} runs {} of it, {}, of the colour {} that is flushed",
                    hex_address(worker.address), hex_address(worker.work),
                    worker.function == 0 ? "" : scene_.function_text(worker.function), *wanted)));
  }
  return state;
}

}  // namespace kmortem::waits
