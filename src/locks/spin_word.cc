// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/spin_word.h"

#include <fmt/core.h>

#include <span>

#include "kernel/record.h"
#include "locks/lock_word.h"

namespace kmortem::locks {

namespace {

// _Q_SLOW_VAL: pv_wait_head_or_lock() has put the lock into the hash table, and may sleep.
constexpr uint64_t kQueuedSlow = 3;
// include/asm-generic/qspinlock_types.h: from so many CPUs on the tail needs the bits of `pending`.
constexpr uint64_t kCpusOfNarrowPending = uint64_t{1} << 14;

}  // namespace

void append_part(std::string* text, std::string_view part) {
  if (!text->empty()) *text += ", ";
  *text += part;
}

std::string SpinWord::text() const {
  std::string text = halted   ? "locked (_Q_SLOW_VAL: who unlocks it must kick its first waiter)"
                     : locked ? "locked"
                              : "";
  if (pending) append_part(&text, "pending");
  if (tail_cpu >= 0) append_part(&text, fmt::format("tail CPU {} idx {}", tail_cpu, tail_index));
  if (tickets_waiting != 0) append_part(&text, fmt::format("{} waiting", tickets_waiting));
  return text.empty() ? "free" : text;
}

SpinWordLayout::SpinWordLayout(const kernel::Target& target) {
  const debuginfo::TypeTable& types = target.types;
  const auto word = types.field("raw_spinlock.raw_lock");
  if (!word || (word->size != 2 && word->size != 4)) return;
  size_ = word->size;
  head_ = types.field(word->type, "tickets.head");
  tail_ = types.field(word->type, "tickets.tail");
  if (head_ && tail_) {
    kind_ = Kind::ticket;
    // 3.12 to 4.1 with CONFIG_PARAVIRT_SPINLOCKS: bit 0 says that somebody sleeps, tickets are
    // even.
    slowpath_flag_ = target.symbol("paravirt_ticketlocks_enabled").has_value();
  } else if (types.field(word->type, "val")) {
    kind_ = Kind::queued;
    // The union's members are the same for both widths, so the number of CPUs must tell.
    wide_pending_ = types.variable_count("__per_cpu_offset").value_or(0) < kCpusOfNarrowPending;
  }
}

SpinWord SpinWordLayout::decode_queued(uint64_t value) const {
  SpinWord word;
  word.locked = (value & 0xff) != 0;
  word.halted = (value & 0xff) == kQueuedSlow;
  word.pending = wide_pending_ ? (value >> 8 & 0xff) != 0 : (value >> 8 & 1) != 0;
  const unsigned index_at = wide_pending_ ? 16 : 9;
  word.tail_index = static_cast<unsigned>(value >> index_at & 3);
  word.tail_cpu = static_cast<int>((value & UINT32_MAX) >> (index_at + 2)) - 1;
  if (word.tail_cpu < 0) word.tail_index = 0;
  return word;
}

SpinWord SpinWordLayout::decode_tickets(uint64_t value) const {
  const kernel::Record record(0, std::as_bytes(std::span(&value, 1)));
  const unsigned step = slowpath_flag_ ? 2 : 1;
  const uint64_t mask = head_->size == 1 ? 0xff : 0xffff;
  const uint64_t flag = slowpath_flag_ ? 1 : 0;
  const uint64_t head = record.get(*head_) & mask & ~flag;
  const uint64_t tail = record.get(*tail_) & mask & ~flag;
  const uint64_t taken = ((tail - head) & mask) / step;
  SpinWord word;
  word.locked = taken != 0;
  word.tickets_waiting = taken > 1 ? taken - 1 : 0;
  return word;
}

SpinWord SpinWordLayout::decode(uint64_t value) const {
  if (kind_ == Kind::queued) return decode_queued(value);
  return kind_ == Kind::ticket ? decode_tickets(value) : SpinWord();
}

}  // namespace kmortem::locks
