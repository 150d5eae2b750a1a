// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "locks/code_interpreter.h"
#include "locks/code_state.h"
#include "locks/control_flow.h"

namespace kmortem::locks {

/// Where a function ends: by a return, or by a tail call.
struct FunctionExit {
  uint64_t site = 0;
  CodeState state;
};

/// All paths through one function, followed to a fixpoint: which locks are held at each point.
/// States with different sets of locks are kept apart, so that a condition that the code tests
/// twice, or a flag that says whether the lock was taken, is understood.
class LockPaths {
 public:
  /// Follows them. Borrows `code`, which has an entry that is known, and `calls`.
  LockPaths(const FunctionCode& code, ControlFlow flow, CodeInterpreter::Options options,
            CallEffects& calls);
  LockPaths(const LockPaths&) = delete;
  LockPaths& operator=(const LockPaths&) = delete;

  /// Empty when every path was followed; else why nothing can be said for certain.
  const std::string& incomplete() const { return incomplete_; }

  /// The states in which control may reach the instruction at position `index`, before it
  /// executes. Empty when no path leads there.
  std::vector<CodeState> at(size_t index);

  const std::vector<FunctionExit>& exits() const { return exits_; }
  CodeValues& values() { return values_; }
  const FunctionCode& code() const { return code_; }

 private:
  struct Incoming {
    uint32_t from = 0;
    uint64_t signature = 0;
    CodeState state;
  };
  struct Node {
    std::vector<Incoming> incoming;
    std::vector<CodeState> states;
    std::vector<uint64_t> keys;  ///< what the states differ in, in their order
    unsigned rounds = 0;         ///< how often the states were renewed
    bool overflow = false;       ///< too many different ones: they are joined
  };

  void run();
  void run_block(uint32_t number);
  bool renew(uint32_t number);
  void widen(uint32_t number, std::map<uint64_t, CodeState>& joined);
  void forget_stale(uint32_t number, CodeState& state);
  void collect_exits();

  const FunctionCode& code_;
  ControlFlow flow_;
  CodeValues values_;
  CodeInterpreter interpreter_;
  std::vector<Node> nodes_;
  std::vector<FunctionExit> exits_;
  std::string incomplete_;
  uint64_t steps_ = 0;
};

}  // namespace kmortem::locks
