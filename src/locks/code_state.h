// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "locks/code_values.h"
#include "locks/instruction.h"
#include "model/lock_state.h"

namespace kmortem::locks {

/// A lock that a function took, or one that it released without having taken it.
struct SiteLock {
  CodeValue lock;     ///< its address
  uint64_t site = 0;  ///< the instruction that took or released it
  model::LockType type = model::LockType::unknown;
  bool shared = false;
  bool maybe = false;  ///< on some paths only, or an unlock that may have been of this lock
  bool lost = false;   ///< `lock` was overwritten since: held, but not known where
  bool again = false;  ///< the caller's lock, which the function gave up and took anew
  /// A call that got the lock, of a function that may have released it for all that is known.
  uint64_t doubted_by = 0;
  bool operator==(const SiteLock&) const = default;
};

/// A lock that is held if a call's result says so, before the code looks at it.
struct TriedLock {
  SiteLock lock;
  uint32_t result = 0;  ///< the node of the call's result
  bool zero_is_success = false;
  bool operator==(const TriedLock&) const = default;
};

/// `value`, `size` bytes of it, equals `constant`, or does not.
struct CodeFact {
  CodeValue value;
  uint8_t size = 8;
  int64_t constant = 0;
  bool equal = true;
  bool same_subject(const CodeFact& other) const {
    return value == other.value && size == other.size;
  }
  bool operator==(const CodeFact&) const = default;
};

struct StackSlot {
  CodeValue address;
  CodeValue value;
  uint8_t size = 8;
  bool pushed = false;  ///< by a push: nobody has its address
  bool operator==(const StackSlot&) const = default;
};

/// What is known at one point of a function on the paths that led there.
struct CodeState {
  std::array<CodeValue, 16> registers;
  std::vector<StackSlot> slots;
  /// Whole values that were written to other memory than the stack. Where to look for one that is
  /// in no register any more: what is there by now is not certain.
  std::vector<StackSlot> stored;
  std::optional<CodeFact> flags;  ///< ZF is set just when this holds (its `equal` is true)
  std::vector<SiteLock> held;     ///< in the order taken
  std::vector<SiteLock> released;
  /// Bytes that were set to 0 and might be locks that a caller holds: an inlined unlock looks so.
  std::vector<SiteLock> zeroed;
  std::vector<TriedLock> tried;
  std::vector<CodeFact> facts;
  std::optional<int64_t> escaped;  ///< the lowest stack offset whose address was taken
  bool operator==(const CodeState&) const = default;

  CodeValue& reg(Register which) { return registers[static_cast<size_t>(which)]; }
  CodeValue reg(Register which) const { return registers[static_cast<size_t>(which)]; }

  /// The state at a function's first instruction.
  static CodeState at_entry(CodeValues& values);

  /// True for addresses on the function's own stack.
  bool on_stack(CodeValue address) const { return address.node == reg(Register::rsp).node; }
  const StackSlot* slot(CodeValue address, uint8_t size) const;
  void store(CodeValue address, CodeValue value, uint8_t size, bool pushed);
  /// The same for memory that is not the function's stack.
  void store_elsewhere(CodeValue address, CodeValue value, uint8_t size);
  /// What a call may have written: the slots from the lowest escaped one upwards.
  void forget_escaped();

  /// `stale` are about to mean something new: whatever was made of them no longer compares equal.
  void forget(CodeValues& values, const NodeSet& stale, uint64_t site);

  /// A number for what was taken, tried and released, by where in the code. States that differ
  /// in it are kept apart.
  uint64_t lock_signature() const;

  /// Learns that `fact` is (not) so. False when that contradicts what is known: a path that
  /// cannot be.
  bool learn(const CodeValues& values, const CodeFact& fact);
};

/// One state for two that reach the block at `block`: what differs becomes a merged value, a lock
/// held in one only a `maybe`. With `widen` nothing that differs is kept, so that joining what a
/// loop brings round to what was there before comes to an end.
CodeState join(CodeValues& values, uint64_t block, const CodeState& a, const CodeState& b,
               bool widen = false);

}  // namespace kmortem::locks
