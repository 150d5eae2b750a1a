// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/chain_keys.h"

#include <algorithm>
#include <bit>

namespace kmortem::checks {

namespace {

// MAX_LOCKDEP_KEYS_BITS.
constexpr int kKeysBits = 13;

// So many chains must have their key before one that has not is worth a word.
constexpr ptrdiff_t kFewest = 16;

// jhash.h: three words are mixed by adding, subtracting and rotating each other in turn.
uint64_t mix(uint32_t a, uint32_t b, uint32_t c) {
  const auto turn = [](uint32_t& x, uint32_t& y, uint32_t& z, int by) {
    x -= z;
    x ^= std::rotl(z, by);
    z += y;
  };
  turn(a, b, c, 4);
  turn(b, c, a, 6);
  turn(c, a, b, 8);
  turn(a, b, c, 16);
  turn(b, c, a, 19);
  turn(c, a, b, 4);
  return b | uint64_t{c} << 32;
}

}  // namespace

uint64_t ChainKeys::next(uint64_t key, uint32_t id) const {
  if (mixes_) return mix(id, static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32));
  return key << kKeysBits ^ key >> (64 - kKeysBits) ^ id;
}

uint64_t ChainKeys::of_sequence(std::span<const uint16_t> ids) const {
  uint64_t key = initial_;
  for (const uint16_t id : ids) key = next(key, id);
  return key;
}

std::optional<ChainKeys> ChainKeys::of(const model::Lockdep& lockdep) {
  const uint64_t initial = lockdep.features.class_bitmap ? UINT64_MAX : 0;
  for (const bool mixes : {true, false}) {
    const ChainKeys keys(mixes, initial);
    const auto fitting = std::ranges::count_if(lockdep.chains, [&](const model::LockChain& chain) {
      return keys.of_sequence(chain.hlocks) == chain.chain_key;
    });
    const auto all = static_cast<ptrdiff_t>(lockdep.chains.size());
    if (fitting >= kFewest && fitting > all / 2) return keys;
  }
  return std::nullopt;
}

}  // namespace kmortem::checks
