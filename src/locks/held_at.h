// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "kernel/frame_registers.h"
#include "locks/lock_analyses.h"
#include "model/grade.h"
#include "model/lock_state.h"

namespace kmortem::locks {

/// Where a frame stands and with which registers.
struct CodePoint {
  uint64_t pc = 0;
  bool interrupted = false;  ///< pc is the next instruction; else the call before pc goes on
  kernel::FrameRegisters registers;
  std::optional<uint64_t> percpu_base;  ///< of the CPU that runs it
};

/// A lock that a function holds at one point, or has released there without having taken it.
struct LockAtPoint {
  std::optional<uint64_t> address;  ///< nothing when its expression cannot be evaluated now
  model::LockType type = model::LockType::unknown;
  bool shared = false;
  bool maybe = false;    ///< on some of the paths to this point
  bool again = false;    ///< the caller's, released and taken anew meanwhile
  uint64_t site = 0;     ///< the acquiring (releasing) instruction
  std::string function;  ///< what it calls: "_raw_spin_lock"; "" for an inlined one
  /// A call since then of a function that got the lock and may have released it; else 0.
  uint64_t doubted_by = 0;
  /// proven: held on every path, at a constant address or one in a register or stack slot of the
  /// frame. inferred: the address was read from memory now, or a call stands in doubt.
  model::Grade grade = model::Grade::unknown;
  std::string evidence;
};

struct LocksAtPoint {
  std::vector<LockAtPoint> held;  ///< in the order taken
  std::vector<LockAtPoint> released;
  /// Of a function that unlocks: the lock that it got, as long as it has not released it.
  std::optional<LockAtPoint> leaving;
  std::vector<uint64_t> zeroed;  ///< bytes set to 0, which releases a spinlock that lies there
  std::string function;          ///< where the point lies; empty without a symbol
  bool switching = false;        ///< another task gets what is held
  std::string undecided;         ///< why nothing can be said of this function; else empty
};

/// Answers for single frames. Paths are followed once for each function, states are kept for each
/// point, so that many tasks at one point cost little each.
class HeldAt {
 public:
  /// Borrows both.
  HeldAt(LockAnalyses& analyses, dump::Memory& memory) : analyses_(analyses), memory_(memory) {}

  LocksAtPoint at(const CodePoint& point);

  /// The states in which control may be at the point; null when nothing is known of it (`why`).
  struct States {
    LockPaths* paths = nullptr;
    size_t instruction = 0;
    std::vector<CodeState> states;
    std::string why;
  };
  const States& states_at(uint64_t pc, bool interrupted);

  LockAnalyses& analyses() { return analyses_; }
  dump::Memory& memory() { return memory_; }

 private:
  std::optional<LockAtPoint> leaving(const States& states, const CodePoint& point);
  States follow(uint64_t pc, bool interrupted);
  std::string evidence(const States& states, const SiteLock& lock, uint64_t pc);
  std::string called_at(const FunctionCode& code, uint64_t site);

  LockAnalyses& analyses_;
  dump::Memory& memory_;
  std::unordered_map<uint64_t, States> points_;  ///< by pc * 2 + interrupted
};

}  // namespace kmortem::locks
