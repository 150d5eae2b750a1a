// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/irq_usage.h"

#include <fmt/core.h>

namespace kmortem::checks {

namespace {

// enum lock_usage_bit: each state has four bits, in this order.
constexpr unsigned kBitsPerState = 4;
constexpr unsigned kUsedIn = 0;
constexpr unsigned kEnabled = 2;
constexpr unsigned kRead = 1;
constexpr size_t kMostStates = 8;

unsigned usage_bit(const UsageState& state, UsageSide side, bool read) {
  return state.base + (side == UsageSide::in ? kUsedIn : kEnabled) + (read ? kRead : 0);
}

}  // namespace

std::vector<UsageState> interrupt_states(const model::Lockdep& lockdep) {
  static const std::vector<std::string> kAlways = {"HARDIRQ", "SOFTIRQ"};
  const auto& names = lockdep.features.states.empty() ? kAlways : lockdep.features.states;
  std::vector<UsageState> states;
  for (unsigned i = 0; i < names.size() && i < kMostStates; ++i) {
    if (names[i] != "HARDIRQ" && names[i] != "SOFTIRQ") continue;
    states.push_back({names[i], i * kBitsPerState});
  }
  return states;
}

bool has_usage(const model::LockClass& lock_class, const UsageState& state, UsageSide side,
               bool read) {
  const unsigned bit = usage_bit(state, side, read);
  return bit < 64 && ((lock_class.usage_mask >> bit) & 1) != 0;
}

IrqUse irq_use(const model::Snapshot& snapshot, const model::LockClass& lock_class,
               const UsageState& state, UsageSide side, bool read) {
  IrqUse use;
  const char* letter = read ? "R" : "W";
  use.usage = side == UsageSide::in ? fmt::format("IN-{}-{}", state.name, letter)
                                    : fmt::format("{}-ON-{}", state.name, letter);
  use.read = read;
  const unsigned bit = usage_bit(state, side, read);
  if (bit < lock_class.usage_traces.size()) use.trace = lock_class.usage_traces[bit];
  use.taken = acquisition(snapshot, use.trace);
  return use;
}

}  // namespace kmortem::checks
