// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/kernel_time.h"

#include <algorithm>
#include <string>
#include <vector>

#include "kernel/record.h"

namespace kmortem::kernel {

namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr uint64_t kMaxTimekeeper = 4096;

/// Where the timekeeper lies; 0 when the kernel has none that is known.
uint64_t timekeeper_address(const Target& target) {
  for (const char* name : {"tk_core", "timekeeper_data"}) {
    const auto symbol = target.symbol(name);
    auto type = target.types.variable(name);
    if (!symbol || !type) continue;
    debuginfo::TypeId id = target.types.resolve(*type);
    if (target.types.at(id).kind == debuginfo::TypeKind::array) id = target.types.at(id).target;
    const auto field = target.types.field(id, "timekeeper");
    if (field) return *symbol + field->offset;
  }
  return target.symbol("timekeeper").value_or(0);
}

/// The first of these members of struct timekeeper that the kernel has; 0 without any.
int64_t first_of(const Target& target, const Record& timekeeper,
                 std::initializer_list<std::string_view> members) {
  for (std::string_view member : members) {
    const auto field = target.types.field("timekeeper." + std::string(member));
    if (field && field->size <= 8) return static_cast<int64_t>(timekeeper.get(*field));
  }
  return 0;
}

KernelTime decode(const Target& target, const Record& timekeeper) {
  auto get = [&](std::initializer_list<std::string_view> members) {
    return first_of(target, timekeeper, members);
  };
  // tkr_mono since 4.1, tkr since 3.17, fields of the timekeeper itself before.
  const auto shifted =
      static_cast<uint64_t>(get({"tkr_mono.xtime_nsec", "tkr.xtime_nsec", "xtime_nsec"}));
  const int64_t shift = get({"tkr_mono.shift", "tkr.shift", "shift"});
  const int64_t nanoseconds = static_cast<int64_t>(shift < 64 ? shifted >> (shift & 63) : 0);
  const int64_t seconds = get({"xtime_sec"});
  const int64_t to_monotonic = get({"wall_to_monotonic.tv_sec"});
  const int64_t to_monotonic_ns = get({"wall_to_monotonic.tv_nsec"});
  const int64_t suspended = get({"offs_boot", "offs_boot.tv64"});

  KernelTime time;
  time.wall_seconds = seconds;
  int64_t uptime = 0;
  int64_t uptime_seconds = 0;
  if (__builtin_add_overflow(seconds, to_monotonic, &uptime_seconds) ||
      __builtin_mul_overflow(uptime_seconds, kSecond, &uptime) ||
      __builtin_add_overflow(uptime, nanoseconds, &uptime) ||
      __builtin_add_overflow(uptime, to_monotonic_ns, &uptime) ||
      __builtin_add_overflow(uptime, suspended, &uptime) || uptime < 0) {
    target.problems.add(
        {"timekeeper", timekeeper.address(), "its times do not add up", "the uptime is not known"});
    return time;
  }
  time.uptime_ns = static_cast<uint64_t>(uptime);
  return time;
}

/// jiffies begin five minutes before they overflow 32 bits.
uint64_t uptime_from_jiffies(const Target& target) {
  const auto jiffies_at = target.symbol("jiffies_64");
  const auto tick_at = target.symbol("tick_nsec");
  if (!jiffies_at || !tick_at) return 0;
  const auto jiffies = target.memory.read_u64(*jiffies_at);
  const auto tick = target.memory.read_u64(*tick_at);
  if (!jiffies || !tick || *tick == 0 || *tick > uint64_t{kSecond}) return 0;
  const uint64_t hz = (uint64_t{kSecond} + *tick / 2) / *tick;
  const uint64_t initial = uint64_t{1} << 32;
  const uint64_t start = initial - std::min(initial, 300 * hz);
  uint64_t uptime = 0;
  if (*jiffies < start || __builtin_mul_overflow(*jiffies - start, *tick, &uptime)) return 0;
  return uptime;
}

}  // namespace

KernelTime read_kernel_time(const Target& target) {
  const uint64_t address = timekeeper_address(target);
  const uint64_t size = target.types.size_of("timekeeper").value_or(0);
  if (address != 0 && size != 0 && size <= kMaxTimekeeper) {
    if (auto bytes = target.memory.read_bytes(address, size)) {
      const KernelTime time = decode(target, Record(address, *bytes));
      if (time.uptime_ns != 0) return time;
    }
  }
  return {uptime_from_jiffies(target), 0};
}

}  // namespace kmortem::kernel
