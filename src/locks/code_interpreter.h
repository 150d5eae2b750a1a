// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>

#include "locks/code_state.h"
#include "locks/code_values.h"
#include "locks/instruction.h"
#include "locks/lock_functions.h"

namespace kmortem::locks {

class CodeInterpreter;

/// What calls do, which only somebody who knows other functions can tell.
class CallEffects {
 public:
  virtual ~CallEffects() = default;
  /// A call (or jump) to `call.target`, 0 when indirect: what it does to locks. `before` is as at
  /// the call; in `after` the registers that callees may change are changed.
  virtual void apply(CodeInterpreter& interpreter, const Instruction& call, const CodeState& before,
                     CodeState& after) = 0;
  /// True when the function at `target` leaves all registers alone.
  virtual bool preserves_registers(uint64_t target) = 0;
};

/// Executes single instructions on symbolic values.
class CodeInterpreter {
 public:
  struct Options {
    /// Take `lock cmpxchg` of 0 with 1 (or 0xff) for a lock's inlined fast path: in functions that
    /// also call the slow path.
    bool inlined_acquisitions = false;
    /// In an unlocking function itself: its stores through the argument release the lock.
    const LockFunction* unlocks = nullptr;
    /// In functions that also call what readers of a percpu_rw_semaphore do where a writer is
    /// about: the offset of its `read_count`, by which readers count themselves on their CPU.
    std::optional<uint64_t> read_count;
    /// The kernel inlines unlocking: remember what bytes are set to 0.
    bool inlined_releases = false;
  };

  /// Borrows all.
  CodeInterpreter(CodeValues& values, Options options, CallEffects& calls)
      : values_(values), options_(options), calls_(calls) {}

  /// One instruction that goes on to the next one. Branches change nothing: see follow().
  void step(const Instruction& instruction, CodeState& state);

  /// A call, or a jump that leaves the function for another.
  void call(const Instruction& instruction, CodeState& state);

  /// One side of a branch. False when what is known excludes it.
  bool follow(const Instruction& branch, bool taken, CodeState& state);

  CodeValues& values() { return values_; }
  CodeValue address_of(const MemoryOperand& memory, const CodeState& state) const;
  CodeValue value_of(const Operand& operand, const CodeState& state, uint64_t site) const;

  /// A new value of the instruction at `site` in `state`.
  CodeValue make(CodeState& state, uint64_t site, int64_t place);

 private:
  void count_reader(const Instruction& at, CodeState& state);
  void assign(const Instruction& at, CodeState& state, CodeValue value);
  void move(const Instruction& at, CodeState& state);
  void store(const Instruction& at, CodeState& state, CodeValue value);
  void push(const Instruction& at, CodeState& state);
  void pop(const Instruction& at, CodeState& state);
  void set_flags(const Instruction& at, CodeState& state);
  void set_condition(const Instruction& at, CodeState& state);
  void select(const Instruction& at, CodeState& state);
  void exchange_if(const Instruction& at, CodeState& state);
  void release_inlined(const Instruction& at, CodeState& state);
  void clobber(const Instruction& at, uint32_t registers, CodeState& state);

  CodeValues& values_;
  Options options_;
  CallEffects& calls_;
};

/// Resolves what was tried by the sign of a result: `zero` says whether node `result` is 0.
void decide_tried(uint32_t result, bool zero, CodeState& state);

}  // namespace kmortem::locks
