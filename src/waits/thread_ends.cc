// SPDX-License-Identifier: GPL-3.0-or-later
#include "waits/thread_ends.h"

#include <fmt/core.h>

#include "base/hex.h"
#include "dump/memory.h"
#include "waits/workers.h"

namespace kmortem::waits {

ThreadEnds::ThreadEnds(const Scene& scene) {
  const auto exited = scene.target.types.field("kthread.exited");
  const auto parked = scene.target.types.field("kthread.parked");
  if (!exited) return;
  for (const model::Task& task : scene.tasks) {
    const uint64_t kthread = kthread_of(scene.target, task);
    if (!dump::is_kernel_address(kthread)) continue;
    by_completion_.emplace(kthread + exited->offset, End{&task, false});
    if (parked) by_completion_.emplace(kthread + parked->offset, End{&task, true});
  }
}

std::optional<model::LockState> ThreadEnds::of(uint64_t completion) const {
  const auto found = by_completion_.find(completion);
  if (found == by_completion_.end()) return std::nullopt;
  const End& end = found->second;
  model::LockState state;
  state.address = completion;
  state.type = model::LockType::thread_end;
  state.name = end.task->comm;
  model::LockParty party;
  party.task = end.task->address;
  party.cpu = end.task->on_cpu ? end.task->cpu : -1;
  party.source = model::LockSource::event_data;
  party.grade = model::Grade::proven;
  party.evidence = fmt::format("{} is kthread.{} of {} [{}]", hex_address(completion),
                               end.parks ? "parked" : "exited", end.task->comm, end.task->pid);
  state.owners.push_back(std::move(party));
  return state;
}

}  // namespace kmortem::waits
