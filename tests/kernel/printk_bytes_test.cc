// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/printk_bytes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "kernel/printk_log.h"
#include "support/fake_kernel.h"

namespace kmortem::kernel {
namespace {

using testing::SizeIs;

constexpr uint64_t kVariables = 0xffffffff82c00000;
constexpr uint64_t kBuffer = 0xffffffff82d00000;
constexpr uint32_t kLength = 256;

struct PrintkBytesTest : testing::Test {
  test::FakeKernel k;

  void SetUp() override {
    auto& t = k.types;
    t.define("printk_log", 16,
             {t.at(0, "ts_nsec", t.u64), t.at(8, "len", t.u16), t.at(10, "text_len", t.u16),
              t.at(12, "dict_len", t.u16), t.at(14, "facility", t.u8),
              t.bits(120, 5, "flags", t.u8), t.bits(125, 3, "level", t.u8)});
    uint64_t at = kVariables;
    for (const char* name : {"log_buf", "log_buf_len", "log_first_idx", "log_next_idx",
                             "log_first_seq", "log_next_seq"}) {
      k.symbols.add(name, at);
      k.memory.put_u64(at, 0);
      at += 8;
    }
    set("log_buf", kBuffer);
    set("log_buf_len", kLength);
    k.memory.map(kBuffer, kLength);
  }

  void set(std::string_view name, uint64_t value) {
    k.memory.put_u64(*k.symbols.find(name), value);
  }

  /// Writes a record; returns where the next one goes.
  uint32_t put(uint32_t at, const std::string& text, uint64_t flags = 2, uint64_t level = 6) {
    const auto length = static_cast<uint32_t>((16 + text.size() + 7) & ~size_t{7});
    const uint64_t record = kBuffer + at;
    k.set(record, "printk_log.ts_nsec", 1000 + at);
    k.set(record, "printk_log.len", length);
    k.set(record, "printk_log.text_len", text.size());
    k.set(record, "printk_log.flags", flags);
    k.set(record, "printk_log.level", level);
    k.memory.put(record + 16, std::as_bytes(std::span(text)));
    return at + length;
  }
};

TEST_F(PrintkBytesTest, ReadsFromFirstToNext) {
  put(put(0, "one"), "two", 2, 3);
  set("log_first_seq", 40);
  set("log_next_seq", 42);
  const auto log = read_log(k.target());
  ASSERT_THAT(log, SizeIs(2));
  EXPECT_EQ(log[0].text, "one");
  EXPECT_EQ(log[0].sequence, 40u);
  EXPECT_EQ(log[0].time_ns, 1000u);
  EXPECT_EQ(log[1].text, "two");
  EXPECT_EQ(log[1].level, 3u);
  EXPECT_EQ(log[1].caller, "");
}

TEST_F(PrintkBytesTest, WrapsAtALengthOfZero) {
  put(put(200, "old"), "gone");
  k.set(kBuffer + 224, "printk_log.len", 0);
  put(0, "new");
  set("log_first_idx", 200);
  set("log_next_seq", 2);
  const auto log = read_printk_bytes(k.target());
  ASSERT_THAT(log, SizeIs(2));
  EXPECT_EQ(log[0].text, "old");
  EXPECT_EQ(log[1].text, "new");
}

TEST_F(PrintkBytesTest, FullRingIsNotAnEmptyOne) {
  for (uint32_t i = 0, at = 0; i < 8; ++i) at = put(at, "0123456789abcdef");
  set("log_next_seq", 8);
  EXPECT_THAT(read_printk_bytes(k.target()), SizeIs(8));
}

TEST_F(PrintkBytesTest, DamageEndsTheLogWithAProblem) {
  const uint32_t second = put(0, "one");
  put(second, "two");
  set("log_next_seq", 1000000);
  k.set(kBuffer + second, "printk_log.len", 0xfff0);
  EXPECT_THAT(read_printk_bytes(k.target()), SizeIs(1));
  ASSERT_THAT(k.problems.all(), SizeIs(1));
  EXPECT_EQ(k.problems.all()[0].address, kBuffer + second);
}

TEST_F(PrintkBytesTest, EndlessSequenceEnds) {
  put(0, "one");  // then zeros: a second wrap
  set("log_next_seq", UINT64_MAX);
  EXPECT_LE(read_printk_bytes(k.target()).size(), 2u);
  EXPECT_THAT(k.problems.all(), SizeIs(1));
}

TEST_F(PrintkBytesTest, FragmentsBecomeOneLine) {  // to 4.8
  const auto cont = k.types.structure("cont", 8, {k.types.bits(0, 1, "flushed", k.types.u8)});
  k.types.variable("cont", cont);
  uint32_t at = put(0, "a", 4 | 8);  // LOG_PREFIX | LOG_CONT
  at = put(at, "b", 8);
  at = put(at, "c", 8 | 2);
  at = put(at, "next", 4 | 2);
  put(at, "one more", 2);  // without a prefix, but nothing to continue
  set("log_next_seq", 5);
  const auto log = read_printk_bytes(k.target());
  ASSERT_THAT(log, SizeIs(3));
  EXPECT_EQ(log[0].text, "abc");
  EXPECT_EQ(log[1].text, "next");
}

TEST_F(PrintkBytesTest, AbsurdLengthIsAProblem) {
  set("log_buf_len", 0xfffffff0);
  EXPECT_TRUE(read_printk_bytes(k.target()).empty());
  ASSERT_THAT(k.problems.all(), SizeIs(1));
  EXPECT_EQ(k.problems.all()[0].reason, "its address or length makes no sense");
}

TEST(PrintkLog, NamesCallers) {
  EXPECT_EQ(caller_name(123), "T123");
  EXPECT_EQ(caller_name(0x80000001), "C1");
}

TEST(PrintkLog, AKernelWithoutPrintkHasNoLogAndNoProblem) {
  test::FakeKernel k;
  EXPECT_TRUE(read_log(k.target()).empty());
  EXPECT_THAT(k.problems.all(), SizeIs(0));
}

}  // namespace
}  // namespace kmortem::kernel
