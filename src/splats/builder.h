// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/splat.h"
#include "splats/lines.h"
#include "splats/phrases.h"
#include "splats/stack_collector.h"
#include "splats/task_text.h"
#include "splats/titles.h"

namespace kmortem::splats {

/// Reads one report, line by line, into a Splat.
class SplatBuilder {
 public:
  /// `begin` is the report's first line: the title, or the rule above it.
  SplatBuilder(const Title& title, const Line& line, size_t begin);
  SplatBuilder(const SplatBuilder&) = delete;
  SplatBuilder& operator=(const SplatBuilder&) = delete;
  ~SplatBuilder() = default;

  /// Takes the line in, if it can belong to the report. Not for titles and CPU lines.
  bool add(const Line& line);

  /// The line that heads a stack is about this report's task or CPU.
  bool accepts(const CpuLine& cpu) const;
  void add(const CpuLine& cpu, const Line& line);

  /// "lock: …, .magic: …": only spinlock reports, and only until they have one.
  bool wants_spinlock_line() const;
  /// The kernel says that lines are missing.
  void lose_lines() { lost_lines_ = true; }

  model::SplatType type() const { return splat_.type; }
  bool in_stack() const { return stacks_.open(); }
  /// The line that heads its stack has come. Since 3.10 every kernel prints one.
  bool has_cpu_line() const { return cpu_line_; }
  /// It will come: until then no frame is of its own stack, where others have such lines.
  bool awaits_cpu_line() const { return !cpu_line_ && splat_.type != model::SplatType::hung_task; }
  /// It has asked other CPUs for their stacks.
  bool asks_stacks() const { return asks_stacks_; }
  /// Its own stack is there: what is not known any more ends it.
  bool has_stack() const { return own_stack_; }
  /// Reports that print stacks of several CPUs or tasks.
  bool many_stacks() const;
  size_t last_line() const { return splat_.last_line; }
  std::optional<uint64_t> last_time() const { return last_time_; }

  model::Splat finish();

 private:
  bool add_text(const Line& line, std::string_view text);
  bool add_frames(std::string_view text);
  bool add_scenario(std::string_view text);
  bool add_announced(const Line& line, std::string_view text);
  bool add_lockdep_line(const Line& line, std::string_view text);
  bool add_held(const Line& line, std::string_view text);
  bool add_chain(const Line& line, std::string_view text);
  bool add_release(const Line& line, std::string_view text);
  bool add_named(const Line& line, std::string_view text);
  bool add_spinlock(const Line& line, std::string_view text);
  bool add_stall_line(std::string_view text);
  bool add_phrase(const Line& line, std::string_view text);
  void read_usage(std::string_view text);
  void read_context(std::string_view text);
  void add_task(const model::SplatTask& task);
  void add_name(const std::string& name);
  size_t add_lock(model::SplatLock&& lock, model::SplatRole role, const Line& line);
  bool stalled(int cpu) const;
  bool add_rcu_line(std::string_view text);
  void add_blocked(std::string_view text);

  model::Splat splat_;
  Title title_;
  StackCollector stacks_;
  Phrase awaited_ = Phrase::none;  ///< what the last line announced
  bool in_scenario_ = false;
  bool lost_lines_ = false;
  bool grace_kthread_ = false;  ///< of RCU stalls: what comes is not about who is stalled
  bool stall_ended_ = false;
  bool all_locks_ = false;  ///< "Showing all locks held in the system"
  bool cpu_line_ = false;
  bool asks_stacks_ = false;  ///< "Sending NMI from CPU 10 to CPUs 6:"
  bool backtrace_ = false;    ///< "stack backtrace:"
  bool own_stack_ = false;    ///< frames of the reporter's own stack
  bool turned_off_ = false;   ///< "lockdep is turned off": no held locks are printed
  std::optional<size_t> held_announced_;
  size_t held_seen_ = 0;
  std::string holder_;
  std::optional<size_t> element_;  ///< the chain's element that was printed last
  std::vector<int> blocked_;       ///< RCU's readers, by pid
  int shown_cpu_ = -1;             ///< of the "NMI backtrace for cpu N" that is being printed
  bool task_dump_ = false;         ///< the next task shown is the stalled CPU's
  std::optional<uint64_t> last_time_;
};

}  // namespace kmortem::splats
