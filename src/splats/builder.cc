// SPDX-License-Identifier: GPL-3.0-or-later
#include "splats/builder.h"

#include <algorithm>
#include <utility>

#include "splats/completeness.h"
#include "splats/frame_text.h"
#include "splats/lock_text.h"
#include "splats/words.h"

namespace kmortem::splats {

namespace {

using model::SplatRole;
using model::SplatType;

constexpr size_t kMostLocks = 2000;
constexpr size_t kMostTasks = 64;
constexpr size_t kMostScenarioLines = 64;

// "-> #3", "#12:".
std::optional<int> take_depth(std::string_view& text, std::string_view head) {
  std::string_view rest = text;
  if (!take(rest, head)) return std::nullopt;
  const auto depth = take_number(rest);
  constexpr uint64_t kDeepest = 1000;
  if (!depth || *depth > kDeepest) return std::nullopt;
  text = rest;
  return static_cast<int>(*depth);
}

bool is_spinlock(SplatType type, std::string_view title) {
  return type == SplatType::spinlock_bad_magic || type == SplatType::spinlock_lockup ||
         type == SplatType::spinlock_wrong_owner || title.starts_with("BUG: spinlock ");
}

}  // namespace

SplatBuilder::SplatBuilder(const Title& title, const Line& line, size_t begin)
    : title_(title), stacks_(splat_) {
  splat_.type = title.type;
  splat_.title = title.text;
  splat_.time_ns = line.time_ns;
  splat_.cpu = title.cpu;
  splat_.usage_from = title.usage_from;
  splat_.usage_to = title.usage_to;
  splat_.first_line = begin;
  splat_.last_line = line.last;
  last_time_ = line.time_ns;
  if (title.task) add_task(*title.task);
  if (title.lock.empty()) return;
  model::SplatLock lock;
  lock.name = title.lock;
  std::string_view digits = title.lock;
  take(digits, "0x");
  lock.address = take_hex(digits).value_or(0);
  add_lock(std::move(lock), SplatRole::other, line);
}

bool SplatBuilder::many_stacks() const {
  return splat_.type == SplatType::rcu_stall || splat_.type == SplatType::hard_lockup ||
         splat_.type == SplatType::soft_lockup || splat_.type == SplatType::hung_task;
}

void SplatBuilder::add_task(const model::SplatTask& task) {
  const auto same = [&](const model::SplatTask& other) {
    return other.pid == task.pid && (other.comm == task.comm || task.pid > 0);
  };
  if (std::any_of(splat_.tasks.begin(), splat_.tasks.end(), same)) return;
  if (splat_.tasks.size() < kMostTasks) splat_.tasks.push_back(task);
}

void SplatBuilder::add_name(const std::string& name) {
  if (name.empty() || splat_.names.size() >= kMostLocks) return;
  if (std::find(splat_.names.begin(), splat_.names.end(), name) != splat_.names.end()) return;
  splat_.names.push_back(name);
}

size_t SplatBuilder::add_lock(model::SplatLock&& lock, SplatRole role, const Line& line) {
  add_name(lock.name);
  if (splat_.locks.size() >= kMostLocks) return splat_.locks.size() - 1;
  lock.role = role;
  lock.line = line.first;
  splat_.locks.push_back(std::move(lock));
  return splat_.locks.size() - 1;
}

bool SplatBuilder::stalled(int cpu) const {
  return std::find(title_.cpus.begin(), title_.cpus.end(), cpu) != title_.cpus.end();
}

bool SplatBuilder::accepts(const CpuLine& cpu) const {
  switch (splat_.type) {
    case SplatType::rcu_stall:
      return true;
    case SplatType::hung_task:
      return false;
    case SplatType::hard_lockup:
      return splat_.cpu < 0 || cpu.cpu < 0 || cpu.cpu == splat_.cpu;
    default:
      break;
  }
  if (cpu_line_ && !many_stacks()) return false;
  if (splat_.tasks.empty() || !cpu.task) return true;
  const model::SplatTask& task = splat_.tasks.front();
  if (task.pid < 0) return true;
  // Every CPU has an idle task of pid 0.
  return cpu.task->pid == task.pid &&
         (task.pid != 0 || cpu.task->comm == task.comm || cpu.cpu == splat_.cpu);
}

void SplatBuilder::add(const CpuLine& cpu, const Line& line) {
  splat_.last_line = line.last;
  last_time_ = line.time_ns;
  cpu_line_ = true;
  if (splat_.kernel.empty()) splat_.kernel = cpu.release;
  if (splat_.tainted.empty()) splat_.tainted = cpu.tainted;
  if (splat_.cpu < 0 && splat_.type != SplatType::rcu_stall) splat_.cpu = cpu.cpu;
  if (awaited_ != Phrase::backtrace) awaited_ = Phrase::none;
  if (!cpu.task || splat_.type == SplatType::soft_lockup) return;
  const int shown = cpu.cpu >= 0 ? cpu.cpu : shown_cpu_;  // "Pid: …" names no CPU
  const bool any = title_.cpus.empty() || shown < 0;
  const bool about_stalled = !grace_kthread_ && (any ? splat_.tasks.empty() : stalled(shown));
  if (splat_.type != SplatType::rcu_stall || about_stalled) add_task(*cpu.task);
}

bool SplatBuilder::wants_spinlock_line() const {
  return is_spinlock(splat_.type, splat_.title) && splat_.locks.empty();
}

bool SplatBuilder::add(const Line& line) {
  if (!add_text(line, line.text)) return false;
  if (!line.text.empty()) {
    splat_.last_line = line.last;
    if (line.time_ns) last_time_ = line.time_ns;
  }
  return true;
}

bool SplatBuilder::add_text(const Line& line, std::string_view text) {
  if (text.empty()) return true;
  if (in_scenario_ && add_scenario(text)) return true;
  if (add_announced(line, text)) return true;
  if (title_.lockdep && splat_.kernel.empty()) {
    if (const auto ident = read_ident(text)) {
      splat_.kernel = ident->release;
      splat_.tainted = ident->tainted;
      return true;
    }
  }
  if (add_lockdep_line(line, text)) return true;
  if (add_stall_line(text) || add_spinlock(line, text)) return true;
  if (add_phrase(line, text)) return true;
  if (add_frames(text)) return true;
  if (add_named(line, text)) return true;
  return is_stack_company(text);
}

bool SplatBuilder::add_frames(std::string_view text) {
  if (!stacks_.add(text)) return false;
  if (stacks_.open() && (backtrace_ || cpu_line_ || !title_.lockdep)) own_stack_ = true;
  return true;
}

bool SplatBuilder::add_scenario(std::string_view text) {
  const auto name = scenario_lock(text);
  const bool other = text.starts_with("CPU0") || text.starts_with("----") ||
                     text.starts_with("local_irq_disable") || text.starts_with("<Interrupt>");
  if (!name && !other) {
    if (phrase_of(text) != Phrase::none) in_scenario_ = false;
    return false;
  }
  if (name) add_name(*name);
  if (splat_.scenario.size() < kMostScenarioLines) splat_.scenario.emplace_back(text);
  return true;
}

// Lines whose meaning the line before told.
bool SplatBuilder::add_announced(const Line& line, std::string_view text) {
  const Phrase awaited = awaited_;
  if (awaited == Phrase::chain_exists) {
    awaited_ = Phrase::none;
    const auto names = arrow_names(text);
    for (const std::string& name : names) add_name(name);
    return !names.empty();
  }
  if (awaited == Phrase::nest_lock) {
    awaited_ = Phrase::none;
    model::SplatLock lock;
    lock.name = std::string(text);
    add_lock(std::move(lock), SplatRole::other, line);
    return true;
  }
  return false;
}

bool SplatBuilder::add_lockdep_line(const Line& line, std::string_view text) {
  if (const auto held = read_held_line(text)) {
    in_scenario_ = false;
    stacks_.stop();
    holder_ = held->task.printed;
    held_announced_ = held_announced_.value_or(0) + held->count;
    if (splat_.tasks.empty() || !all_locks_) add_task(held->task);
    return true;
  }
  if (add_held(line, text) || add_chain(line, text)) return true;
  return add_release(line, text);
}

bool SplatBuilder::add_held(const Line& line, std::string_view text) {
  const auto depth = take_depth(text, "#");
  if (!depth || !take(text, ":")) return false;
  ++held_seen_;
  if (auto lock = take_lock(text)) {
    lock->depth = *depth;
    lock->held_by = holder_;
    add_lock(std::move(*lock), SplatRole::held, line);
  }
  return true;
}

// "-> #1 (x){+.+.}:" of a cycle, " -> (x){+.+.} ops: 12 {" of the two sides of an irq report.
bool SplatBuilder::add_chain(const Line& line, std::string_view text) {
  const auto depth = take_depth(text, "-> #");
  if (!depth && !take(text, "->")) return false;
  auto lock = take_lock(text);
  if (!lock) return depth.has_value();
  lock->depth = depth.value_or(-1);
  element_ = add_lock(std::move(*lock), SplatRole::chain, line);
  if (depth) {
    stacks_.announce_chain(*element_);
  } else {
    stacks_.stop();
  }
  awaited_ = Phrase::none;
  return true;
}

// "X/1 is trying to release lock (NAME) at:", and the same with "contend".
bool SplatBuilder::add_release(const Line& line, std::string_view text) {
  const bool release = text.find(" is trying to release lock (") != std::string_view::npos ||
                       text.find(" is trying to contend lock (") != std::string_view::npos;
  if (!release) return false;
  if (const auto task = read_acting_task(text)) add_task(*task);
  const auto rest = behind(text, " lock (");
  const size_t end = rest ? rest->rfind(')') : std::string_view::npos;
  if (end != std::string_view::npos) {
    model::SplatLock lock;
    lock.name = std::string(rest->substr(0, end));
    add_lock(std::move(lock), SplatRole::acquiring, line);
  }
  stacks_.announce(text);
  return true;
}

// "lock: 0xc3358724, .magic: dead4ead, .owner: ksdioirqd/mmc0/73, .owner_cpu: 0".
bool SplatBuilder::add_spinlock(const Line& line, std::string_view text) {
  if (!text.starts_with("lock: ") || text.find(".magic:") == std::string_view::npos) return false;
  if (!wants_spinlock_line()) return true;
  model::SplatLock lock;
  lock.name = std::string(*between(text, "lock: ", ", .magic"));
  std::string_view digits = lock.name;
  take(digits, "0x");
  if (auto address = take_hex(digits); address && digits.empty()) lock.address = *address;
  if (const auto owner = between(text, ".owner: ", ", .owner_cpu")) {
    if (*owner != "<none>/-1") lock.held_by = std::string(*owner);
  }
  add_lock(std::move(lock), SplatRole::other, line);
  return true;
}

// "Tasks blocked on level-0 rcu_node (CPUs 0-3): P41/1:b..l P42"
void SplatBuilder::add_blocked(std::string_view text) {
  for (size_t at = text.find(" P"); at != std::string_view::npos; at = text.find(" P", at + 2)) {
    std::string_view rest = text.substr(at + 2);
    const auto pid = take_number(rest);
    if (pid && *pid <= INT32_MAX && blocked_.size() < kMostTasks) {
      blocked_.push_back(static_cast<int>(*pid));
    }
  }
}

bool SplatBuilder::add_rcu_line(std::string_view text) {
  // "68-....: (257 ticks this GP) …", "0: (1 GPs behind) …"
  std::string_view rest = text;
  const auto cpu = take_number(rest);
  const size_t colon = rest.find(": (");
  constexpr size_t kMarks = 6;
  if (cpu && *cpu < (1U << 16U) && colon != std::string_view::npos && colon <= kMarks) {
    title_.cpus.push_back(static_cast<int>(*cpu));
    return true;
  }
  if (text.starts_with("INFO: Stall ended")) stall_ended_ = true;
  if (text.starts_with("Tasks blocked on level")) add_blocked(text);
  if (text.starts_with("Task dump for CPU")) task_dump_ = true;
  const auto task = read_task_dump(text);
  if (!task) return false;
  const bool blocked = std::find(blocked_.begin(), blocked_.end(), task->pid) != blocked_.end();
  if (!grace_kthread_ && (task_dump_ || blocked)) add_task(*task);
  task_dump_ = false;
  stacks_.announce(text);
  return true;
}

bool SplatBuilder::add_stall_line(std::string_view text) {
  take(text, "rcu: ");
  text = trimmed(text);
  if (splat_.type == SplatType::rcu_stall && add_rcu_line(text)) return true;
  if (splat_.type != SplatType::hung_task) return false;
  // "      Not tainted 6.6.0 #74"
  if (text.starts_with("Not tainted ") || text.starts_with("Tainted: ")) {
    const auto cpu = read_cpu_line("CPU: 0 PID: 0 Comm: x " + std::string(text));
    if (cpu && splat_.kernel.empty()) splat_.kernel = cpu->release;
    if (cpu && splat_.tainted.empty()) splat_.tainted = cpu->tainted;
    return true;
  }
  if (text.starts_with("Showing all locks held")) all_locks_ = true;
  // Since 6.16: "INFO: task X:1 is blocked on a mutex likely owned by task Y:2."
  const auto owner = behind(text, " likely owned by task ");
  if (owner && text.starts_with("INFO: task ")) {
    std::string_view name = *owner;
    if (name.ends_with(".")) name.remove_suffix(1);
    if (const auto task = colon_task(name)) add_task(*task);
    return true;
  }
  if (read_task_dump(text)) {
    stacks_.announce(text);
    return true;
  }
  return false;
}

void SplatBuilder::read_usage(std::string_view text) {
  if (text.starts_with("inconsistent {")) {
    const auto from = between(text, "{", "}");
    const auto to = between(text, "-> {", "}");
    if (!from || !to) return;
    splat_.usage_from = std::string(*from);
    splat_.usage_to = std::string(*to);
    return;
  }
  if (splat_.type != SplatType::irq_inversion) return;
  if (const auto state = between(text, "another, ", " lock in the past")) {
    splat_.usage_from = std::string(*state);
  }
}

void SplatBuilder::read_context(std::string_view text) {
  if (const auto wait = between(text, "context-{", "}")) splat_.context = std::string(*wait);
  const size_t flags = text.find("[HC");
  if (flags == std::string_view::npos) return;
  const std::string_view rest = text.substr(flags + 1);
  const size_t end = rest.find("] ");
  if (end != std::string_view::npos) splat_.context = std::string(rest.substr(0, end));
}

bool SplatBuilder::add_phrase(const Line& line, std::string_view text) {
  take(text, "rcu: ");
  text = trimmed(text);
  read_usage(text);
  if (text.starts_with("inconsistent {")) return true;
  const auto task = read_acting_task(text);
  if (task && (splat_.tasks.empty() || title_.lockdep)) add_task(*task);
  read_context(text);
  if (text.starts_with("in_atomic():")) {
    const auto pid = between(text, "pid: ", ",");
    const auto comm = behind(text, "name: ");
    std::string_view digits = pid.value_or("");
    const auto number = take_number(digits);
    if (number && comm && *number <= INT32_MAX) {
      add_task(joined_task(trimmed(*comm), static_cast<int>(*number)));
    }
  }
  if (text.starts_with("INFO: lockdep is turned off")) turned_off_ = true;
  if (text.find("ending NMI ") != std::string_view::npos) asks_stacks_ = true;
  if (auto shown = behind(text, "NMI backtrace for cpu ")) {
    const auto cpu = take_number(*shown);
    shown_cpu_ = cpu && *cpu < (1U << 16U) ? static_cast<int>(*cpu) : -1;
  }
  const Phrase phrase = phrase_of(text);
  switch (phrase) {
    case Phrase::none:
      return task.has_value();
    case Phrase::lost_lines:
      lost_lines_ = true;
      return true;
    case Phrase::foreign:
      return splat_.type == SplatType::hard_lockup && text.starts_with("WARNING: ");
    case Phrase::scenario:
      in_scenario_ = true;
      break;
    case Phrase::deadlock:
      in_scenario_ = false;
      break;
    case Phrase::acquired_at:
      if (element_) stacks_.announce_chain(*element_);
      return true;
    case Phrase::grace_kthread:
      grace_kthread_ = true;
      stacks_.announce(text);
      return true;
    case Phrase::backtrace:
      backtrace_ = true;
      [[fallthrough]];
    case Phrase::stack:
      stacks_.announce(text);
      break;
    case Phrase::known:
      // "hardirqs last enabled at (12): [<…>] f" is no frame of a stack.
      return true;
    default:
      stacks_.stop();
      break;
  }
  awaited_ = phrase;
  // What stands on the same line: m68k's "Call Trace: [<…>] f".
  if (phrase == Phrase::stack) add_frames(text);
  if (phrase == Phrase::acquiring) add_named(line, text);
  return true;
}

// A lock where one stands: its role is what the line before announced.
bool SplatBuilder::add_named(const Line& line, std::string_view text) {
  auto lock = take_lock(text);
  if (!lock) return false;
  SplatRole role = SplatRole::other;
  if (awaited_ == Phrase::acquiring) role = SplatRole::acquiring;
  if (awaited_ == Phrase::holding) role = SplatRole::holding;
  add_lock(std::move(*lock), role, line);
  // "(a){…} -> (b){…}"
  while (auto next = take_lock(text)) add_lock(std::move(*next), SplatRole::other, line);
  awaited_ = Phrase::none;
  return true;
}

model::Splat SplatBuilder::finish() {
  const Evidence evidence{held_announced_, held_seen_,  own_stack_,  stacks_.broken(),
                          lost_lines_,     turned_off_, stall_ended_};
  splat_.complete = is_complete(splat_, evidence);
  return std::move(splat_);
}

}  // namespace kmortem::splats
