// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "locks/code_reader.h"
#include "locks/lock_functions.h"
#include "locks/lock_paths.h"
#include "locks/lock_summary.h"

namespace kmortem::locks {

/// Functions of the dead kernel with what they do to locks, each analysed once. Calls are taken to
/// leave the caller's locks alone, but for the locking functions themselves and for small
/// functions around them (rtnl_lock()), which are looked into. Where a function that is not
/// understood gets a held lock or its object, that lock's SiteLock says so (doubted_by).
class LockAnalyses : private CallEffects {
 public:
  /// Borrows both.
  LockAnalyses(const kernel::Target& target, kernel::Symbolizer& symbolizer);

  CodeReader& reader() { return reader_; }
  const LockFunctions& functions() const { return functions_; }

  /// False for a function that neither calls a locking function nor a small one that does: told
  /// from its bytes, without disassembling.
  bool touches_locks(uint64_t address);

  /// Whether a call of `target` switches to another task, which gets the locks that spin.
  bool switches_tasks(uint64_t target);

  /// The paths of the function that `address` lies in; null when its code is not in the dump or
  /// it is not known where it is entered.
  LockPaths* paths(uint64_t address);

 private:
  void apply(CodeInterpreter& interpreter, const Instruction& call, const CodeState& before,
             CodeState& after) override;
  bool preserves_registers(uint64_t target) override;

  /// 0: no lock calls; 1: it makes some; 2: only functions that it calls do.
  unsigned lock_distance(const FunctionSymbol& symbol, bool look_into_calls);
  bool worth_summarizing(const FunctionSymbol& symbol, bool caller_holds);
  const std::vector<LockEffect>* summary(uint64_t target, bool caller_holds);
  bool is_wrapper(uint64_t target, const std::vector<LockEffect>& effects);
  void apply_summary(CodeInterpreter& interpreter, uint64_t site, uint64_t target,
                     const std::vector<LockEffect>& effects, const CodeState& before,
                     CodeState& after);
  /// What of a held lock a function must get before it may be thought to release it.
  enum class Reach : uint8_t { nothing, lock, object };
  Reach reach_of(uint64_t target, const std::vector<LockEffect>* effects);
  CodeInterpreter::Options options_for(const FunctionCode& code);

  struct Analysis {
    std::unique_ptr<LockPaths> paths;
    std::unique_ptr<std::vector<LockEffect>> summary;
    bool running = false;
  };

  const kernel::Target& target_;
  CodeReader reader_;
  LockFunctions functions_;
  std::optional<debuginfo::Field> read_count_;  ///< of percpu_rw_semaphore
  bool inlined_releases_ = false;
  unsigned depth_ = 0;
  std::unordered_map<uint64_t, Analysis> analyses_;  ///< by entry
  std::unordered_map<uint64_t, unsigned> distances_;
};

}  // namespace kmortem::locks
