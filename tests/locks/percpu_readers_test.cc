// SPDX-License-Identifier: GPL-3.0-or-later
// Readers of percpu_rw_semaphores: include/linux/percpu-rwsem.h counts them in line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "locks/compiled_code.h"
#include "locks/held_at.h"

namespace kmortem::locks {
namespace {

using kernel::Register;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr uint64_t kSem = 0xffff888003450000;

// What gcc 12 makes of this with -O2 -mcmodel=kernel -fno-pie -mno-red-zone, linked to the places
// below and CompiledCode's:
//
//   struct sem { long busy; int __seg_gs *read_count; };
//   void reads(struct sem *s) {
//     if (!s->busy) ++*s->read_count; else __percpu_down_read(s, 0);
//     work(s);
//     if (!s->busy) --*s->read_count; else { --*s->read_count; rcuwait_wake_up(s); }
//     check(); check();
//   }
//   void counts(struct sem *s) { ++*s->read_count; work(s); check(); check(); }
constexpr uint8_t kReads[] = {
    0x53, 0x48, 0x83, 0x3f, 0x00, 0x48, 0x89, 0xfb, 0x75, 0x2e, 0x48, 0x8b, 0x47, 0x08, 0x65, 0x83,
    0x00, 0x01, 0x48, 0x89, 0xdf, 0xe8, 0x66, 0xf9, 0xff, 0xff, 0x48, 0x83, 0x3b, 0x00, 0x48, 0x8b,
    0x43, 0x08, 0x75, 0x24, 0x65, 0x83, 0x28, 0x01, 0xe8, 0x93, 0xf9, 0xff, 0xff, 0x5b, 0xe9, 0x8d,
    0xf9, 0xff, 0xff, 0x0f, 0x1f, 0x44, 0x00, 0x00, 0x31, 0xf6, 0xe8, 0xc1, 0x01, 0x00, 0x00, 0xeb,
    0xd1, 0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00, 0x65, 0x83, 0x28, 0x01, 0x48, 0x89, 0xdf, 0xe8,
    0xcc, 0x01, 0x00, 0x00, 0xe8, 0x67, 0xf9, 0xff, 0xff, 0x5b, 0xe9, 0x61, 0xf9, 0xff, 0xff,
};
constexpr uint8_t kCounts[] = {
    0x48, 0x83, 0xec, 0x08, 0x48, 0x8b, 0x47, 0x08, 0x65, 0x83, 0x00, 0x01, 0xe8, 0x0f, 0xf9, 0xff,
    0xff, 0xe8, 0x4a, 0xf9, 0xff, 0xff, 0x48, 0x83, 0xc4, 0x08, 0xe9, 0x41, 0xf9, 0xff, 0xff,
};

class PercpuReadersTest : public ::testing::Test {
 protected:
  PercpuReadersTest() : code_(kernel_) {
    auto& t = kernel_.types;
    t.define("percpu_rw_semaphore", 16,
             {t.at(0, "block", t.u64), t.at(8, "read_count", t.pointer())});
    code_.add("reads", 0x800, {std::begin(kReads), std::end(kReads)});
    code_.add("counts", 0x860, {std::begin(kCounts), std::end(kCounts)});
    code_.add("__percpu_down_read", 0xa00, {0xc3});
    code_.add("rcuwait_wake_up", 0xa20, {0xc3});
  }

  /// With `sem` in rbx, where both functions keep it, behind the call that ends at `offset`.
  LocksAtPoint in(std::string_view function, uint64_t offset) {
    const kernel::Target target = kernel_.target();
    kernel::Symbolizer symbolizer(target, {});
    LockAnalyses analyses(target, symbolizer);
    kernel::FrameRegisters registers;
    registers.set(Register::rbx, kSem);
    return HeldAt(analyses, kernel_.memory)
        .at({code_.at(function, offset), false, registers, std::nullopt});
  }

  test::FakeKernel kernel_;
  test::CompiledCode code_;
};

TEST_F(PercpuReadersTest, HeldByEitherPath) {
  const auto point = in("reads", 0x1a);
  ASSERT_THAT(point.held, SizeIs(1));
  EXPECT_EQ(point.held[0].address, kSem);
  EXPECT_EQ(point.held[0].type, model::LockType::percpu_rwsem);
  EXPECT_TRUE(point.held[0].shared);
  EXPECT_FALSE(point.held[0].maybe);
}

TEST_F(PercpuReadersTest, ReleasedByEitherPath) {
  EXPECT_THAT(in("reads", 0x2d).held, IsEmpty());
  EXPECT_THAT(in("reads", 0x59).held, IsEmpty());
}

// A percpu_ref, a statistic: what else is counted so has nothing to do with a lock.
TEST_F(PercpuReadersTest, AnyOtherCounterOfACpusIsNoLock) {
  EXPECT_THAT(in("counts", 0x11).held, IsEmpty());
}

}  // namespace
}  // namespace kmortem::locks
