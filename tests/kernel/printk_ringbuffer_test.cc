// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/printk_ringbuffer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "kernel/printk_log.h"
#include "support/fake_kernel.h"

namespace kmortem::kernel {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

constexpr uint64_t kPrb = 0xffffffff82c00000;
constexpr uint64_t kRing = 0xffffffff82c01000;
constexpr uint64_t kDescs = 0xffffffff82d00000;
constexpr uint64_t kInfos = 0xffffffff82e00000;
constexpr uint64_t kText = 0xffffffff82f00000;
constexpr uint64_t kCount = 8;
constexpr uint64_t kTextSize = 256;
constexpr uint64_t kCommitted = uint64_t{1} << 62;
constexpr uint64_t kFinalized = uint64_t{2} << 62;
constexpr uint64_t kReusable = uint64_t{3} << 62;

struct PrintkRingbufferTest : testing::Test {
  test::FakeKernel k;
  uint64_t lpos = 0;

  void SetUp() override {
    auto& t = k.types;
    const auto atomic = t.structure("", 8, {t.at(0, "counter", t.s64)});
    t.alias("atomic_long_t", atomic);
    const auto position =
        t.structure("prb_data_blk_lpos", 16, {t.at(0, "begin", t.u64), t.at(8, "next", t.u64)});
    t.define("prb_desc", 24,
             {t.at(0, "state_var", t.find("atomic_long_t")), t.at(8, "text_blk_lpos", position)});
    t.define("printk_info", 32,
             {t.at(0, "seq", t.u64), t.at(8, "ts_nsec", t.u64), t.at(16, "text_len", t.u16),
              t.at(18, "facility", t.u8), t.bits(152, 5, "flags", t.u8),
              t.bits(157, 3, "level", t.u8), t.at(20, "caller_id", t.u32)});
    const auto descs = t.structure(
        "prb_desc_ring", 40,
        {t.at(0, "count_bits", t.u32), t.at(8, "descs", t.pointer()),
         t.at(16, "infos", t.pointer()), t.at(24, "head_id", atomic), t.at(32, "tail_id", atomic)});
    const auto text = t.structure("prb_data_ring", 16,
                                  {t.at(0, "size_bits", t.u32), t.at(8, "data", t.pointer())});
    t.define("printk_ringbuffer", 64,
             {t.at(0, "desc_ring", descs), t.at(40, "text_data_ring", text)});
    k.symbols.add("prb", kPrb);
    k.memory.put_u64(kPrb, kRing);
    k.set(kRing, "printk_ringbuffer.desc_ring.count_bits", 3);
    k.set(kRing, "printk_ringbuffer.desc_ring.descs", kDescs);
    k.set(kRing, "printk_ringbuffer.desc_ring.infos", kInfos);
    k.set(kRing, "printk_ringbuffer.text_data_ring.size_bits", 8);
    k.set(kRing, "printk_ringbuffer.text_data_ring.data", kText);
    k.memory.map(kDescs, kCount * 24);
    k.memory.map(kInfos, kCount * 32);
    k.memory.map(kText, kTextSize);
  }

  void set_ids(uint64_t tail, uint64_t head) {
    k.set(kRing, "printk_ringbuffer.desc_ring.tail_id.counter", tail | kReusable);
    k.set(kRing, "printk_ringbuffer.desc_ring.head_id.counter", head | kReusable);
  }

  void put_desc(uint64_t id, uint64_t begin, uint64_t next, uint64_t state = kFinalized) {
    const uint64_t desc = kDescs + (id % kCount) * 24;
    k.set(desc, "prb_desc.state_var.counter", id | state);
    k.set(desc, "prb_desc.text_blk_lpos.begin", begin);
    k.set(desc, "prb_desc.text_blk_lpos.next", next);
  }

  /// A record whose text goes where the ring's next free position is.
  void put(uint64_t id, const std::string& text, uint64_t state = kFinalized) {
    const uint64_t size = (8 + text.size() + 7) & ~uint64_t{7};
    const uint64_t begin = lpos;
    uint64_t at = begin % kTextSize;
    lpos = begin + size;
    if (begin / kTextSize != lpos / kTextSize) {  // crosses the end: starts over
      lpos = (begin / kTextSize + 1) * kTextSize + size;
      at = 0;
    }
    put_desc(id, begin, lpos, state);
    k.memory.put_u64(kText + at, id);
    k.memory.put(kText + at + 8, std::as_bytes(std::span(text)));
    const uint64_t info = kInfos + (id % kCount) * 32;
    k.set(info, "printk_info.seq", id - 100);
    k.set(info, "printk_info.ts_nsec", id * 1000);
    k.set(info, "printk_info.text_len", text.size());
    k.set(info, "printk_info.level", 4);
    k.set(info, "printk_info.caller_id", 0x80000000 | id);
  }

  std::vector<std::string> texts() {
    std::vector<std::string> list;
    for (const auto& record : read_log(k.target())) list.push_back(record.text);
    return list;
  }
};

TEST_F(PrintkRingbufferTest, ReadsFromTailToHead) {
  put(104, "one");
  put(105, "two\nlines", kCommitted);
  set_ids(104, 105);
  const auto log = read_log(k.target());
  ASSERT_THAT(log, SizeIs(2));
  EXPECT_EQ(log[0].text, "one");
  EXPECT_EQ(log[0].sequence, 4u);
  EXPECT_EQ(log[0].time_ns, 104000u);
  EXPECT_EQ(log[0].level, 4u);
  EXPECT_EQ(log[0].caller, "C104");
  EXPECT_EQ(log[1].text, "two\nlines");
  EXPECT_TRUE(k.problems.all().empty());
}

TEST_F(PrintkRingbufferTest, WrapsInDescriptorsAndText) {
  for (uint64_t id = 100; id < 122; ++id) put(id, "message number " + std::to_string(id));
  set_ids(116, 121);  // slots 4 to 7, then 0 and 1
  EXPECT_GT(lpos, kTextSize);
  EXPECT_THAT(texts(),
              ElementsAre("message number 116", "message number 117", "message number 118",
                          "message number 119", "message number 120", "message number 121"));
}

TEST_F(PrintkRingbufferTest, HalfWrittenAndReusedRecordsAreLeftOut) {
  put(104, "one");
  put(105, "reserved", 0);
  put(106, "reusable", kReusable);
  put(107, "last");
  set_ids(104, 108);  // 108's slot still holds 100
  put_desc(100, 0, 16);
  EXPECT_THAT(texts(), ElementsAre("one", "last"));
  EXPECT_TRUE(k.problems.all().empty());
}

TEST_F(PrintkRingbufferTest, EmptyLineHasNoData) {
  put(104, "one");
  put(105, "");
  put_desc(105, 3, 3);  // NO_LPOS
  set_ids(104, 105);
  EXPECT_THAT(texts(), ElementsAre("one", ""));
}

TEST_F(PrintkRingbufferTest, BlockEndingWithTheRingStaysThere) {  // 6.18
  put(104, "one");
  put_desc(104, 0x100 - 24, 0x100);
  k.memory.put_u64(kText + 232, 104);
  k.memory.put_string(kText + 240, "end");
  set_ids(104, 104);
  EXPECT_THAT(texts(), ElementsAre("end"));
}

TEST_F(PrintkRingbufferTest, ForeignOrAbsurdBlockIsAProblem) {
  put(104, "one");
  put(105, "two");
  put(106, "three");
  put(107, "four");
  k.memory.put_u64(kText + 16, 99);  // 105's block now belongs to another
  put_desc(106, 0x20, 0x10);         // ends before it begins
  set_ids(104, 107);
  EXPECT_THAT(texts(), ElementsAre("one", "four"));
  ASSERT_THAT(k.problems.all(), SizeIs(1));
  EXPECT_EQ(k.problems.all()[0].count, 2u);
}

TEST_F(PrintkRingbufferTest, DamagedHeadDoesNotCostMoreThanTheRing) {
  for (uint64_t id = 104; id < 112; ++id) put(id, "m");
  set_ids((111 - (uint64_t{1} << 61)) & (UINT64_MAX >> 2), 111);
  EXPECT_THAT(texts(), SizeIs(kCount));
  EXPECT_THAT(k.problems.all(), SizeIs(1));
}

TEST_F(PrintkRingbufferTest, UnreadableTextPageCostsItsRecordsOnly) {
  k.set(kRing, "printk_ringbuffer.text_data_ring.data", kText + 0xf80);  // ring over two pages
  put(104, "one");
  put(105, "two");
  put_desc(105, 0x80, 0x90);
  k.memory.put_u64(kText + 0xf80, 104);
  k.memory.put_string(kText + 0xf88, "one");
  k.memory.exclude(kText + 0x1000);
  set_ids(104, 105);
  EXPECT_THAT(texts(), ElementsAre("one"));
  EXPECT_THAT(k.problems.all(), SizeIs(1));
}

TEST_F(PrintkRingbufferTest, AbsurdSizesAreAProblem) {
  k.set(kRing, "printk_ringbuffer.desc_ring.count_bits", 64);
  EXPECT_THAT(texts(), SizeIs(0));
  EXPECT_THAT(k.problems.all(), SizeIs(1));
}

}  // namespace
}  // namespace kmortem::kernel
