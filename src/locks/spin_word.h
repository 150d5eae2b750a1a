// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "kernel/target.h"
#include "locks/lockdep_layout.h"

namespace kmortem::locks {

/// An arch_spinlock_t's value taken apart.
struct SpinWord {
  bool locked = false;
  bool halted = false;      ///< _Q_SLOW_VAL: the queue's head sleeps in the hypervisor
  bool pending = false;     ///< one CPU spins on the word itself, without a queue node
  int tail_cpu = -1;        ///< the last CPU of the queue; -1 without a queue
  unsigned tail_index = 0;  ///< which of that CPU's nodes: its nesting
  uint64_t tickets_waiting = 0;

  bool contended() const { return pending || tail_cpu >= 0 || tickets_waiting != 0; }
  /// "free", "locked, pending, tail CPU 3 idx 0", "locked, 2 waiting".
  std::string text() const;
};

/// How this kernel's arch_spinlock_t is to be read: a queued spinlock (x86 since 4.2), a ticket
/// lock before.
class SpinWordLayout {
 public:
  explicit SpinWordLayout(const kernel::Target& target);

  bool known() const { return kind_ != Kind::unknown; }
  bool queued() const { return kind_ == Kind::queued; }
  /// Bytes of the word.
  unsigned size() const { return size_; }
  SpinWord decode(uint64_t value) const;

 private:
  enum class Kind : uint8_t { unknown, ticket, queued };
  SpinWord decode_queued(uint64_t value) const;
  SpinWord decode_tickets(uint64_t value) const;

  Kind kind_ = Kind::unknown;
  unsigned size_ = 4;
  bool wide_pending_ = true;
  OptionalField head_, tail_;
  bool slowpath_flag_ = false;
};

}  // namespace kmortem::locks
