// SPDX-License-Identifier: GPL-3.0-or-later
#include "waits/thread_ends.h"

#include <fmt/core.h>

#include "base/hex.h"

namespace kmortem::waits {

ThreadEnds::ThreadEnds(const Scene& scene, std::span<const KernelThread> threads) {
  const auto exited = scene.target.types.field("kthread.exited");
  const auto parked = scene.target.types.field("kthread.parked");
  if (!exited) return;
  for (const auto& [task, kthread] : threads) {
    by_completion_.emplace(kthread + exited->offset, End{task, false});
    if (parked) by_completion_.emplace(kthread + parked->offset, End{task, true});
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
  state.owners.push_back(
      party_of(*end.task, -1,
               fmt::format("{} is kthread.{} of {} [{}]", hex_address(completion),
                           end.parks ? "parked" : "exited", end.task->comm, end.task->pid)));
  return state;
}

}  // namespace kmortem::waits
