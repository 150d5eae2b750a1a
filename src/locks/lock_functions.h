// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "kernel/target.h"
#include "locks/instruction.h"
#include "model/lock_state.h"

namespace kmortem::locks {

/// What a function of the kernel's locking code does to the lock that it is given.
struct LockFunction {
  enum class Effect : uint8_t {
    acquire,
    acquire_if_true,  ///< holds the lock when it returns something else than 0
    acquire_if_zero,  ///< holds the lock when it returns 0
    acquire_or_try,   ///< acquires, or, where its second argument is not 0, acquires if it says so
    release,
    downgrade,  ///< of a writer to a reader
    nothing,    ///< is called beside what the caller does to a lock itself
  };
  Effect effect = Effect::acquire;
  model::LockType type = model::LockType::unknown;
  bool shared = false;
  /// A contended path, which the callers' fast path has tried before.
  bool slow_path = false;
  Register argument = Register::rdi;

  bool acquires() const { return effect <= Effect::acquire_or_try; }
};

/// The table of locking functions: by name, and by address in the dead kernel.
class LockFunctions {
 public:
  /// Looks all names up once.
  explicit LockFunctions(const kernel::Target& target);

  /// The function that begins at `address`.
  const LockFunction* at(uint64_t address) const;
  /// The function of that name; compilers' suffixes (.isra.0, .constprop.0) do not count.
  static const LockFunction* named(std::string_view name);

 private:
  std::unordered_map<uint64_t, const LockFunction*> by_address_;
};

/// A function that never returns: what follows a call of it is not reached from there.
bool never_returns(std::string_view name);

/// A function in which one task goes and another comes, to whom it gives its run queue's lock: what
/// its caller held before it does not hold afterwards.
bool switches_tasks(std::string_view name);

/// A function that saves all registers that its caller may rely on: a thunk of the compiler's or
/// ftrace's.
bool preserves_registers(std::string_view name);

/// "foo" for "foo.constprop.0.isra.0".
std::string_view without_suffix(std::string_view name);

}  // namespace kmortem::locks
