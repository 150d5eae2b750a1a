// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/task_state.h"

#include <algorithm>
#include <bit>

namespace kmortem::kernel {

namespace {

constexpr std::string_view kModernLetters = "RSDTtXZPI";
constexpr size_t kIdleIndex = 8;
constexpr size_t kParkedIndex = 7;
constexpr uint64_t kIdle = 0x402;         // TASK_UNINTERRUPTIBLE | TASK_NOLOAD (4.2)
constexpr uint64_t kRtLockWait = 0x1000;  // TASK_RTLOCK_WAIT (5.15)
constexpr uint64_t kFrozen = 0x8000;      // TASK_FROZEN (6.1)

/// The first letters of the strings "R (running)", "S (sleeping)", ... in the kernel's table.
std::string read_letters(const Target& target) {
  const auto table = target.symbol("task_state_array");
  if (!table) return {};
  const size_t count = target.types.variable_count("task_state_array").value_or(9);
  std::string letters;
  for (size_t i = 0; i < std::min<size_t>(count, 16); ++i) {
    const auto pointer = target.memory.read_u64(*table + i * 8);
    const auto text = pointer ? target.memory.read_string(*pointer, 32)
                              : ReadResult<std::string>(std::unexpected(pointer.error()));
    if (!text || text->size() < 3 || (*text)[1] != ' ' || (*text)[2] != '(') break;
    letters += (*text)[0];
  }
  return letters;
}

}  // namespace

TaskStateLetters::TaskStateLetters(const Target& target) : letters_(read_letters(target)) {
  if (letters_.size() < 6 || letters_[0] != 'R') letters_ = kModernLetters;
}

char TaskStateLetters::letter(uint64_t state, uint64_t exit_state) const {
  const bool modern = letters_.size() > kIdleIndex && letters_[kIdleIndex] == 'I';
  if (modern) {
    if ((state & kIdle) == kIdle) return 'I';
    if ((state & (kRtLockWait | kFrozen)) != 0) return 'D';
  }
  // TASK_REPORT: parked tasks have a bit of their own in it since 4.14.
  const bool parked = letters_.size() > kParkedIndex && letters_[kParkedIndex] == 'P';
  const uint64_t reported = (state | exit_state) & (parked ? 0x7f : 0x3f);
  const auto index = static_cast<size_t>(std::bit_width(reported));
  return index < letters_.size() ? letters_[index] : '?';
}

}  // namespace kmortem::kernel
