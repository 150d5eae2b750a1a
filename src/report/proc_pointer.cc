// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/proc_pointer.h"

#include <fmt/core.h>

#include <bit>

namespace kmortem::report {

namespace {

// MAX_ERRNO: a pointer in the last page is an error number, and printed as it is.
constexpr uint64_t kFirstErrorPointer = static_cast<uint64_t>(-4095);

struct SipState {
  uint64_t v0, v1, v2, v3;

  void rounds(int count) {
    for (int i = 0; i < count; ++i) {
      v0 += v1;
      v1 = std::rotl(v1, 13) ^ v0;
      v0 = std::rotl(v0, 32);
      v2 += v3;
      v3 = std::rotl(v3, 16) ^ v2;
      v0 += v3;
      v3 = std::rotl(v3, 21) ^ v0;
      v2 += v1;
      v1 = std::rotl(v1, 17) ^ v2;
      v2 = std::rotl(v2, 32);
    }
  }

  void absorb(uint64_t word) {
    v3 ^= word;
    rounds(2);
    v0 ^= word;
  }
};

}  // namespace

uint64_t siphash_word(uint64_t word, const std::array<uint64_t, 2>& key) {
  // The initial state spells "somepseudorandomlygeneratedbytes".
  SipState state{key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d,
                 key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573};
  state.absorb(word);
  state.absorb(uint64_t{8} << 56);  // the message's length, no bytes left over
  state.v2 ^= 0xff;
  state.rounds(4);
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

std::string proc_pointer(const model::Lockdep& lockdep, uint64_t address) {
  const bool plain = lockdep.pointers_raw || address == 0 || address >= kFirstErrorPointer;
  if (plain) return fmt::format("{:016x}", address);
  if (!lockdep.pointer_key_ready) return "(____ptrval____)";
  return fmt::format("{:016x}", siphash_word(address, lockdep.pointer_key) & 0xffffffff);
}

}  // namespace kmortem::report
