// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>

#include "waits/kernel_threads.h"

namespace kmortem::waits {

/// Which kernel thread completes a completion by ending or parking: kthread.exited and
/// kthread.parked, which kthread_stop() and kthread_park() wait for (kernel/kthread.c).
class ThreadEnds {
 public:
  ThreadEnds(const Scene& scene, std::span<const KernelThread> threads);

  std::optional<model::LockState> of(uint64_t completion) const;

 private:
  struct End {
    const model::Task* task = nullptr;
    bool parks = false;
  };
  std::unordered_map<uint64_t, End> by_completion_;
};

}  // namespace kmortem::waits
