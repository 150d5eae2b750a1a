// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/printk_bytes.h"

#include <string>

#include "base/checked.h"
#include "kernel/printk_log.h"
#include "kernel/record.h"

namespace kmortem::kernel {

namespace {

constexpr unsigned kNewline = 2;  // LOG_NEWLINE
constexpr unsigned kPrefix = 4;   // LOG_PREFIX
constexpr unsigned kCont = 8;     // LOG_CONT

class ByteLogReader {
 public:
  explicit ByteLogReader(const Target& target) : target_(target) {
    const std::string name = target.types.size_of("printk_log") ? "printk_log" : "log";
    auto field = [&](std::string_view member) {
      return target.types.field(name + "." + std::string(member));
    };
    header_size_ = target.types.size_of(name).value_or(0);
    ts_nsec_ = field("ts_nsec");
    len_ = field("len");
    text_len_ = field("text_len");
    facility_ = field("facility");
    flags_ = field("flags");
    level_ = field("level");
    caller_id_ = field("caller_id");  // CONFIG_PRINTK_CALLER (5.1)
    // Until 4.8 fragments of a line went into the ring; their buffer counted what was flushed.
    const auto cont = target.types.variable("cont");
    joins_fragments_ = cont && target.types.field(*cont, "flushed").has_value();
  }

  std::vector<model::LogRecord> run() {
    if (!ts_nsec_ || !len_ || !text_len_ || header_size_ == 0) {
      report(0, "its layout is not in the debuginfo");
      return {};
    }
    if (!read_buffer()) return {};
    walk();
    return std::move(records_);
  }

 private:
  uint64_t variable(std::string_view name, unsigned size) const {
    const auto symbol = target_.symbol(name);
    if (!symbol) return 0;
    return target_.memory.read_unsigned(*symbol, size).value_or(0);
  }

  bool read_buffer() {
    const uint64_t address = variable("log_buf", 8);
    const uint64_t length = variable("log_buf_len", 4);
    if (address == 0 || length < header_size_ || length > dump::Memory::kMaxBlock) {
      report(address, "its address or length makes no sense");
      return false;
    }
    address_ = address;
    auto bytes = target_.memory.read_bytes(address, length);
    if (!bytes) {
      report(bytes.error().address, std::string(describe(bytes.error().kind)));
      return false;
    }
    buffer_ = std::move(*bytes);
    return true;
  }

  void walk() {
    uint64_t at = variable("log_first_idx", 4);
    uint64_t sequence = variable("log_first_seq", 8);
    const uint64_t end_sequence = variable("log_next_seq", 8);
    bool wrapped = false;
    // The indices cannot tell an empty ring from a full one; the sequence numbers can.
    while (sequence < end_sequence) {
      if (!range_fits(at, header_size_, buffer_.size())) return damaged(at);
      const Record header(address_ + at, std::span(buffer_).subspan(at, header_size_));
      const uint64_t length = header.get(*len_);
      if (length == 0) {
        if (wrapped) return damaged(at);
        wrapped = true;
        at = 0;
        continue;
      }
      if (length < header_size_ || !range_fits(at, length, buffer_.size())) return damaged(at);
      if (!take(header, at, sequence)) return damaged(at);
      at += length;
      ++sequence;
    }
  }

  bool take(const Record& header, uint64_t at, uint64_t sequence) {
    const uint64_t length = header.get(*text_len_);
    if (header_size_ + length > header.get(*len_)) return false;
    const auto* text = reinterpret_cast<const char*>(buffer_.data()) + at + header_size_;
    const auto flags = static_cast<unsigned>(header.get_or(flags_, kNewline));
    if (!continues(flags)) {
      model::LogRecord record;
      record.sequence = sequence;
      record.time_ns = header.get(*ts_nsec_);
      record.level = static_cast<unsigned>(header.get_or(level_, 0));
      record.facility = static_cast<unsigned>(header.get_or(facility_, 0));
      if (caller_id_) record.caller = caller_name(static_cast<uint32_t>(header.get(*caller_id_)));
      records_.push_back(std::move(record));
    } else if ((previous_flags_ & kNewline) != 0) {
      records_.back().text += '\n';
    }
    records_.back().text.append(text, length);
    previous_flags_ = flags;
    return true;
  }

  /// Whether dmesg prints this record on the line, or under the prefix, of the one before it.
  bool continues(unsigned flags) const {
    if (!joins_fragments_ || records_.empty() || (previous_flags_ & kCont) == 0) return false;
    if ((flags & kPrefix) == 0) return true;
    return (flags & kCont) != 0 && (previous_flags_ & kNewline) == 0;
  }

  void damaged(uint64_t at) const { report(address_ + at, "a record's lengths make no sense"); }

  void report(uint64_t address, std::string reason) const {
    target_.problems.add(
        {"log_buf", address, std::move(reason), "the kernel's log ends here or is missing"});
  }

  const Target& target_;
  uint64_t header_size_ = 0;
  std::optional<debuginfo::Field> ts_nsec_, len_, text_len_, facility_, flags_, level_, caller_id_;
  bool joins_fragments_ = false;
  uint64_t address_ = 0;
  std::vector<std::byte> buffer_;
  unsigned previous_flags_ = 0;
  std::vector<model::LogRecord> records_;
};

}  // namespace

std::vector<model::LogRecord> read_printk_bytes(const Target& target) {
  return ByteLogReader(target).run();
}

}  // namespace kmortem::kernel
