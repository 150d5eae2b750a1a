// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/stalls.h"

#include <algorithm>

#include "kernel/percpu.h"
#include "kernel/rcu_state.h"
#include "kernel/watchdogs.h"

namespace kmortem::kernel {

namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kUsualTimeout = 120;                  // DEFAULT_HUNG_TASK_TIMEOUT
constexpr uint64_t kLongestTimeout = uint64_t{1} << 31;  // seconds
constexpr uint64_t kLatestClock = uint64_t{1} << 62;     // a century: beyond is damage

uint64_t latest_clock(const Target& target, std::span<const model::Cpu> cpus,
                      std::span<const model::LogRecord> log) {
  uint64_t latest = 0;
  for (const model::LogRecord& record : log) latest = std::max(latest, record.time_ns);
  const auto clock = find_percpu(target, {"runqueues.clock"}, 8);
  if (!clock) return latest;
  for (const model::Cpu& cpu : cpus) {
    const auto value = read_percpu(target, *clock, cpu.percpu_base);
    if (value && *value < kLatestClock) latest = std::max(latest, *value);
  }
  return latest;
}

void read_hung_task_timeout(const Target& target, model::Stalls& stalls) {
  stalls.hung_task_timeout_ns = kUsualTimeout * kSecond;
  const auto symbol = target.symbol("sysctl_hung_task_timeout_secs");
  if (!symbol) return;
  const auto seconds = target.memory.read_u64(*symbol);
  if (!seconds || *seconds == 0 || *seconds > kLongestTimeout) return;
  stalls.hung_tasks_watched = true;
  stalls.hung_task_timeout_ns = *seconds * kSecond;
}

}  // namespace

model::Stalls read_stalls(const Target& target, std::span<const model::Cpu> cpus,
                          std::span<const model::LogRecord> log) {
  model::Stalls stalls;
  stalls.now_ns = latest_clock(target, cpus, log);
  stalls.watchdogs = read_watchdogs(target, cpus, stalls.now_ns);
  stalls.grace_periods = read_grace_periods(target);
  read_hung_task_timeout(target, stalls);
  return stalls;
}

}  // namespace kmortem::kernel
