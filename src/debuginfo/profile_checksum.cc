// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "debuginfo/profile_format.h"

namespace kmortem::debuginfo {

namespace {

constexpr uint64_t kMultiplier = 0x9e3779b97f4a7c15;

// A bijection of `sum` for each `word`, and of `word` for each `sum`: no single change is lost.
uint64_t mix(uint64_t sum, uint64_t word) {
  return std::rotl((sum ^ word) * kMultiplier, 31);
}

}  // namespace

uint64_t profile_checksum(std::span<const std::byte> bytes) {
  // Four independent lanes, for the processor works on several multiplications at once.
  std::array<uint64_t, 4> lanes = {1, 2, 3, 4};
  const uint64_t size = bytes.size();
  while (bytes.size() >= sizeof lanes) {
    std::array<uint64_t, 4> words;
    std::memcpy(words.data(), bytes.data(), sizeof words);
    for (size_t i = 0; i < lanes.size(); ++i) lanes[i] = mix(lanes[i], words[i]);
    bytes = bytes.subspan(sizeof lanes);
  }
  uint64_t sum = size;
  for (uint64_t lane : lanes) sum = mix(sum, lane);
  while (!bytes.empty()) {
    uint64_t word = 0;
    const size_t length = std::min<size_t>(bytes.size(), sizeof word);
    std::memcpy(&word, bytes.data(), length);
    sum = mix(sum, word);
    bytes = bytes.subspan(length);
  }
  return sum ^ (sum >> 29);
}

}  // namespace kmortem::debuginfo
