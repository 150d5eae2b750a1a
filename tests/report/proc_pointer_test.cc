// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/proc_pointer.h"

#include <gtest/gtest.h>

namespace kmortem::report {
namespace {

TEST(ProcPointer, SipHashOfEightBytes) {
  // The reference implementation's vector for key 00…0f and input 00…07.
  EXPECT_EQ(siphash_word(0x0706050403020100, {0x0706050403020100, 0x0f0e0d0c0b0a0908}),
            0x93f5f5799a932462);
}

TEST(ProcPointer, RawHashedOrNotReady) {
  model::Lockdep lockdep;
  lockdep.pointer_key = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
  EXPECT_EQ(proc_pointer(lockdep, 0x0706050403020100), "0706050403020100");
  lockdep.pointers_raw = false;
  EXPECT_EQ(proc_pointer(lockdep, 0x0706050403020100), "(____ptrval____)");
  lockdep.pointer_key_ready = true;
  EXPECT_EQ(proc_pointer(lockdep, 0x0706050403020100), "000000009a932462");
}

TEST(ProcPointer, NullAndErrorsAreNeverHashed) {
  model::Lockdep lockdep;
  lockdep.pointers_raw = false;
  lockdep.pointer_key_ready = true;
  EXPECT_EQ(proc_pointer(lockdep, 0), "0000000000000000");
  EXPECT_EQ(proc_pointer(lockdep, static_cast<uint64_t>(-22)), "ffffffffffffffea");
}

}  // namespace
}  // namespace kmortem::report
