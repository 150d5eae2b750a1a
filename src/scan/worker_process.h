// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/error.h"
#include "scan/worker_pool.h"

namespace kmortem::scan {

/// One child that works, and what has come from it so far. Killed when it is destroyed.
class WorkerProcess {
 public:
  using Clock = std::chrono::steady_clock;

  /// Forks; the child does `work`, hands over its result and exits. Fails when there is no process
  /// or descriptor to be had.
  static Result<WorkerProcess> start(const std::function<std::string()>& work,
                                     const WorkerLimits& limits);

  WorkerProcess(WorkerProcess&& other) noexcept;
  WorkerProcess& operator=(WorkerProcess&&) = delete;
  ~WorkerProcess();

  /// The pipe to wait for; -1 once the child has closed it.
  int fd() const { return fd_; }
  /// When the child is to be killed; nothing without a limit.
  std::optional<Clock::time_point> deadline() const;

  /// Takes what has come. Returns how it ended once it has, killing it when its time is up.
  std::optional<Ending> look();

 private:
  WorkerProcess(pid_t pid, int fd, const WorkerLimits& limits);
  void take();
  Ending ending(int status, const rusage& usage) const;

  pid_t pid_;
  int fd_;
  std::chrono::milliseconds allowed_;
  Clock::time_point started_ = Clock::now();
  std::string message_;
  bool late_ = false;
};

}  // namespace kmortem::scan
