// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/printk_ringbuffer.h"

#include <algorithm>
#include <string>

#include "base/checked.h"
#include "kernel/printk_log.h"
#include "kernel/printk_text_ring.h"
#include "kernel/record.h"

namespace kmortem::kernel {

namespace {

constexpr unsigned kMaxRingBits = 31;  // LOG_BUF_LEN_MAX
constexpr uint64_t kIdMask = UINT64_MAX >> 2;
constexpr unsigned kStateShift = 62;
constexpr uint64_t kCommitted = 1;  // desc_committed
constexpr uint64_t kFinalized = 2;  // desc_finalized
constexpr uint64_t kChunk = 512;    // descriptors read at a time

// A damaged count_bits makes up to 2^31 descriptors of what is not there; 2^18 are those of a log
// of 8 MB (log_buf_len >> PRB_AVGBITS).
constexpr uint64_t kMaxUnreadable = uint64_t{1} << 18;

using Field = std::optional<debuginfo::Field>;

struct Layout {
  explicit Layout(const debuginfo::TypeTable& types)
      : ring_size(types.size_of("printk_ringbuffer").value_or(0)),
        desc_size(types.size_of("prb_desc").value_or(0)),
        info_size(types.size_of("printk_info").value_or(0)),
        count_bits(types.field("printk_ringbuffer.desc_ring.count_bits")),
        descs(types.field("printk_ringbuffer.desc_ring.descs")),
        infos(types.field("printk_ringbuffer.desc_ring.infos")),
        head_id(types.field("printk_ringbuffer.desc_ring.head_id.counter")),
        tail_id(types.field("printk_ringbuffer.desc_ring.tail_id.counter")),
        size_bits(types.field("printk_ringbuffer.text_data_ring.size_bits")),
        data(types.field("printk_ringbuffer.text_data_ring.data")),
        state(types.field("prb_desc.state_var.counter")),
        begin(types.field("prb_desc.text_blk_lpos.begin")),
        next(types.field("prb_desc.text_blk_lpos.next")),
        seq(types.field("printk_info.seq")),
        ts_nsec(types.field("printk_info.ts_nsec")),
        text_len(types.field("printk_info.text_len")),
        facility(types.field("printk_info.facility")),
        level(types.field("printk_info.level")),
        caller_id(types.field("printk_info.caller_id")) {}

  bool usable() const {
    return ring_size != 0 && desc_size != 0 && info_size != 0 && count_bits && descs && infos &&
           head_id && tail_id && size_bits && data && state && begin && next && seq && ts_nsec &&
           text_len;
  }

  uint64_t ring_size, desc_size, info_size;
  Field count_bits, descs, infos, head_id, tail_id, size_bits, data;
  Field state, begin, next;
  Field seq, ts_nsec, text_len, facility, level, caller_id;
};

class RingReader {
 public:
  RingReader(const Target& target, const Layout& layout, const Record& ring)
      : target_(target),
        layout_(layout),
        descs_(ring.get(*layout.descs)),
        infos_(ring.get(*layout.infos)),
        count_(uint64_t{1} << ring.get(*layout.count_bits)),
        text_(target, ring.get(*layout.data), static_cast<unsigned>(ring.get(*layout.size_bits))) {}

  std::vector<model::LogRecord> run(uint64_t tail_id, uint64_t head_id) {
    // Ids wrap at 62 bits. More of them than descriptors means a damaged head or tail.
    const uint64_t span = ((head_id - tail_id) & kIdMask) + 1;
    if (span > count_) report(0, "its head and tail are further apart than it is long");
    uint64_t left = std::min(span, count_);
    uint64_t id = (head_id - (left - 1)) & kIdMask;
    while (left != 0 && unreadable_ < kMaxUnreadable) {
      const uint64_t slot = id & (count_ - 1);
      const uint64_t here = std::min({left, count_ - slot, kChunk});
      if (!read_chunk(id, slot, here)) read_one_by_one(id, slot, here);
      id = (id + here) & kIdMask;
      left -= here;
    }
    return std::move(records_);
  }

 private:
  bool read_chunk(uint64_t id, uint64_t slot, uint64_t count) {
    const uint64_t descs_at = descs_ + slot * layout_.desc_size;
    const uint64_t infos_at = infos_ + slot * layout_.info_size;
    auto descs = target_.memory.read_bytes(descs_at, count * layout_.desc_size);
    if (!descs) return false;
    auto infos = target_.memory.read_bytes(infos_at, count * layout_.info_size);
    if (!infos) return false;
    for (uint64_t i = 0; i < count; ++i) {
      const auto desc = std::span(*descs).subspan(i * layout_.desc_size, layout_.desc_size);
      const auto info = std::span(*infos).subspan(i * layout_.info_size, layout_.info_size);
      take((id + i) & kIdMask, Record(descs_at + i * layout_.desc_size, desc),
           Record(infos_at + i * layout_.info_size, info));
    }
    return true;
  }

  void read_one_by_one(uint64_t id, uint64_t slot, uint64_t count) {
    for (uint64_t i = 0; i < count; ++i) {
      if (count > 1 && read_chunk((id + i) & kIdMask, slot + i, 1)) continue;
      ++unreadable_;
      report(descs_ + (slot + i) * layout_.desc_size, "descriptor or info not readable");
    }
  }

  void take(uint64_t id, const Record& desc, const Record& info) {
    const uint64_t state_var = desc.get(*layout_.state);
    const uint64_t state = state_var >> kStateShift;
    if ((state_var & kIdMask) != id) return;  // the slot is not this record's yet
    if (state != kCommitted && state != kFinalized) return;
    auto text = text_.text(desc.get(*layout_.begin), desc.get(*layout_.next), id,
                           info.get(*layout_.text_len));
    if (!text) return report(desc.address(), "its text is overwritten or not readable");
    model::LogRecord record;
    record.sequence = info.get(*layout_.seq);
    record.time_ns = info.get(*layout_.ts_nsec);
    record.level = static_cast<unsigned>(info.get_or(layout_.level, 0));
    record.facility = static_cast<unsigned>(info.get_or(layout_.facility, 0));
    if (layout_.caller_id) {
      record.caller = caller_name(static_cast<uint32_t>(info.get(*layout_.caller_id)));
    }
    record.text = std::move(*text);
    records_.push_back(std::move(record));
  }

  void report(uint64_t address, std::string reason) const {
    target_.problems.add({"printk_ringbuffer", address, std::move(reason),
                          "messages of the kernel's log are missing"});
  }

  const Target& target_;
  const Layout& layout_;
  uint64_t descs_, infos_, count_;
  uint64_t unreadable_ = 0;
  PrintkTextRing text_;
  std::vector<model::LogRecord> records_;
};

void report_missing(const Target& target, uint64_t address, std::string reason) {
  target.problems.add({"printk_ringbuffer", address, std::move(reason),
                       "the kernel's log is missing, and what is concluded from it"});
}

}  // namespace

std::vector<model::LogRecord> read_printk_ringbuffer(const Target& target) {
  const Layout layout(target.types);
  if (!layout.usable()) {
    report_missing(target, 0, "its layout is not in the debuginfo");
    return {};
  }
  const auto pointer = target.symbol("prb");
  const auto address = pointer ? target.memory.read_u64(*pointer)
                               : ReadResult<uint64_t>(std::unexpected(ReadError{}));
  const auto bytes = address ? target.memory.read_bytes(*address, layout.ring_size)
                             : ReadResult<std::vector<std::byte>>(std::unexpected(address.error()));
  if (!bytes) {
    report_missing(target, bytes.error().address, std::string(describe(bytes.error().kind)));
    return {};
  }
  const Record ring(*address, *bytes);
  if (ring.get(*layout.count_bits) > kMaxRingBits || ring.get(*layout.size_bits) > kMaxRingBits) {
    report_missing(target, *address, "its sizes make no sense");
    return {};
  }
  return RingReader(target, layout, ring)
      .run(ring.get(*layout.tail_id) & kIdMask, ring.get(*layout.head_id) & kIdMask);
}

}  // namespace kmortem::kernel
