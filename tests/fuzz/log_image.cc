// SPDX-License-Identifier: GPL-3.0-or-later
#include "log_image.h"

#include <span>
#include <string_view>

namespace kmortem::test {

namespace {

constexpr uint64_t kDescs = LogImage::kRing + 0x1000;
constexpr uint64_t kInfos = LogImage::kRing + 0x2000;
constexpr uint64_t kText = LogImage::kRing + 0x3000;
constexpr uint64_t kCount = 8;
constexpr uint64_t kTextSize = 256;
constexpr uint64_t kFinalized = uint64_t{2} << 62;

}  // namespace

LogImage::LogImage(bool ringbuffer) {
  if (ringbuffer) {
    make_ringbuffer();
  } else {
    make_byte_ring();
  }
}

/// struct printk_log and the variables around log_buf, as 3.11 to 5.9 have them.
void LogImage::make_byte_ring() {
  auto& t = kernel.types;
  t.define("printk_log", 16,
           {t.at(0, "ts_nsec", t.u64), t.at(8, "len", t.u16), t.at(10, "text_len", t.u16),
            t.at(12, "dict_len", t.u16), t.at(14, "facility", t.u8), t.bits(120, 5, "flags", t.u8),
            t.bits(125, 3, "level", t.u8)});
  uint64_t at = kVariables;
  for (const char* name : {"log_buf", "log_buf_len", "log_first_idx", "log_next_idx",
                           "log_first_seq", "log_next_seq"}) {
    kernel.symbols.add(name, at);
    at += 8;
  }
  regions = {{kVariables, 48}, {kRing, kTextSize}};
}

/// printk_ringbuffer as 5.10 has it, in one piece less.
void LogImage::make_ringbuffer() {
  auto& t = kernel.types;
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
      {t.at(0, "count_bits", t.u32), t.at(8, "descs", t.pointer()), t.at(16, "infos", t.pointer()),
       t.at(24, "head_id", atomic), t.at(32, "tail_id", atomic)});
  const auto text =
      t.structure("prb_data_ring", 16, {t.at(0, "size_bits", t.u32), t.at(8, "data", t.pointer())});
  t.define("printk_ringbuffer", 64,
           {t.at(0, "desc_ring", descs), t.at(40, "text_data_ring", text)});
  kernel.symbols.add("prb", kVariables);
  regions = {{kVariables, 8},
             {kRing, 64},
             {kDescs, kCount * 24},
             {kInfos, kCount * 32},
             {kText, kTextSize + 16}};
}

namespace {

void fill_byte_ring(FakeKernel& k) {
  const auto set = [&](std::string_view name, uint64_t value) {
    k.memory.put_u64(k.symbols.find(name).value(), value);
  };
  set("log_buf", LogImage::kRing);
  set("log_buf_len", kTextSize);
  set("log_next_seq", 2);
  uint64_t at = LogImage::kRing;
  for (const std::string_view line : {"one line", "another"}) {
    k.set(at, "printk_log.len", 24);
    k.set(at, "printk_log.text_len", line.size());
    k.set(at, "printk_log.flags", 2);
    k.memory.put(at + 16, std::as_bytes(std::span(line)));
    at += 24;
  }
}

void fill_ringbuffer(FakeKernel& k) {
  constexpr uint64_t kRing = LogImage::kRing;
  k.memory.put_u64(LogImage::kVariables, kRing);
  k.set(kRing, "printk_ringbuffer.desc_ring.count_bits", 3);
  k.set(kRing, "printk_ringbuffer.desc_ring.descs", kDescs);
  k.set(kRing, "printk_ringbuffer.desc_ring.infos", kInfos);
  k.set(kRing, "printk_ringbuffer.text_data_ring.size_bits", 8);
  k.set(kRing, "printk_ringbuffer.text_data_ring.data", kText);
  k.set(kRing, "printk_ringbuffer.desc_ring.tail_id.counter", 104 | kFinalized);
  k.set(kRing, "printk_ringbuffer.desc_ring.head_id.counter", 107 | kFinalized);
  for (uint64_t id = 104; id < 108; ++id) {
    const uint64_t desc = kDescs + (id % kCount) * 24;
    const uint64_t begin = (id - 104) * 16;
    k.set(desc, "prb_desc.state_var.counter", id | kFinalized);
    k.set(desc, "prb_desc.text_blk_lpos.begin", begin);
    k.set(desc, "prb_desc.text_blk_lpos.next", begin + 16);
    k.memory.put_u64(kText + begin, id);
    k.memory.put_string(kText + begin + 8, "message");
    k.set(kInfos + (id % kCount) * 32, "printk_info.text_len", 7);
  }
}

}  // namespace

LogImage filled_log(bool ringbuffer) {
  LogImage image(ringbuffer);
  for (const Region& region : image.regions) image.kernel.memory.map(region.address, region.size);
  if (ringbuffer) {
    fill_ringbuffer(image.kernel);
  } else {
    fill_byte_ring(image.kernel);
  }
  return image;
}

}  // namespace kmortem::test
