// SPDX-License-Identifier: GPL-3.0-or-later
// kernel/watchdog.c. Its time stamps count 2^30 ns, about a second, of the clock that printk uses.
#include "kernel/watchdogs.h"

#include <optional>

#include "kernel/percpu.h"

namespace kmortem::kernel {

namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr unsigned kStampShift = 30;
constexpr uint64_t kMaxThreshold = 60;  // seconds; the sysctl takes no more
constexpr uint64_t kSoftEnabled = 2;    // WATCHDOG_SOFTOCKUP_ENABLED
constexpr uint64_t kUsualExpires = 24;  // of timerqueue_node, behind its rb_node

/// An int until 3.19, where any value but 0 means both detectors; then a mask of them.
bool soft_detector_on(const Target& target) {
  const auto symbol = target.symbol("watchdog_enabled");
  if (!symbol) return false;
  const auto known = target.symbols.containing(*symbol);
  const bool mask = !known || known->size >= 8;
  const auto value = target.memory.read_unsigned(*symbol, mask ? 8 : 4);
  if (!value) return false;
  return mask ? (*value & kSoftEnabled) != 0 : *value != 0;
}

uint64_t threshold_seconds(const Target& target) {
  const auto symbol = target.symbol("watchdog_thresh");
  if (!symbol) return 0;
  const auto value = target.memory.read_u32(*symbol);
  return value && *value <= kMaxThreshold ? *value : 0;
}

/// Since the stamp; nothing when it was never set or says "touched" (0 until 5.3, then ~0). Since
/// 5.13 watchdog_report_ts is touched in its place, and 0 is the first second after boot.
std::optional<uint64_t> since_stamp(uint64_t stamp, bool never_touched, uint64_t now_ns) {
  if (stamp == 0 && !never_touched) return std::nullopt;
  if (stamp == UINT64_MAX || stamp >= uint64_t{1} << 33) return std::nullopt;
  const uint64_t then = stamp << kStampShift;
  return now_ns > then ? now_ns - then : 0;
}

std::optional<PercpuField> expires_field(const Target& target) {
  const auto timer = target.symbol("watchdog_hrtimer");
  if (!timer) return std::nullopt;
  const auto field = target.types.field("hrtimer.node.expires");
  return PercpuField{*timer + (field ? field->offset : kUsualExpires), 8, false};
}

}  // namespace

model::Watchdogs read_watchdogs(const Target& target, std::span<const model::Cpu> cpus,
                                uint64_t now_ns) {
  model::Watchdogs watchdogs;
  watchdogs.threshold_ns = threshold_seconds(target) * kSecond;
  watchdogs.enabled = watchdogs.threshold_ns != 0 && soft_detector_on(target);
  if (!watchdogs.enabled || now_ns == 0) return watchdogs;

  const auto stamp = find_percpu(target, {"watchdog_touch_ts"}, 8);
  const bool never_touched = stamp && target.symbol("watchdog_report_ts");
  const auto expires = expires_field(target);
  const auto reported = find_percpu(target, {"watchdog_hardlockup_warned", "hard_watchdog_warn"},
                                    1);  // the first since 6.5
  for (const model::Cpu& cpu : cpus) {
    if (!cpu.online) continue;
    model::CpuWatchdog watchdog;
    watchdog.cpu = cpu.number;
    const auto value = [&](const std::optional<PercpuField>& field) -> uint64_t {
      return field ? read_percpu(target, *field, cpu.percpu_base).value_or(0) : 0;
    };
    const uint64_t due = value(expires);
    // A CPU that the detector does not watch has neither stamp nor timer.
    watchdog.silent_ns = since_stamp(value(stamp), never_touched && due != 0, now_ns);
    if (due != 0 && due < uint64_t{1} << 62 && watchdog.silent_ns) {
      watchdog.timer_late_ns = now_ns > due ? now_ns - due : 0;
    }
    watchdog.hard_lockup_reported = value(reported) == 1;
    watchdogs.cpus.push_back(watchdog);
  }
  return watchdogs;
}

}  // namespace kmortem::kernel
