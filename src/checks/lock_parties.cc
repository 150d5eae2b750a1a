// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/lock_parties.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/hex.h"
#include "checks/task_activity.h"
#include "checks/wording.h"

namespace kmortem::checks {

namespace {

const model::Cpu* cpu_at(const model::Snapshot& snapshot, int number) {
  const auto it = std::find_if(snapshot.cpus.begin(), snapshot.cpus.end(),
                               [&](const model::Cpu& cpu) { return cpu.number == number; });
  return number < 0 || it == snapshot.cpus.end() ? nullptr : &*it;
}

void add_fact(std::string text, uint64_t address, model::Finding& finding) {
  const bool known = std::any_of(finding.evidence.begin(), finding.evidence.end(),
                                 [&](const model::Evidence& each) { return each.text == text; });
  if (known || text.empty()) return;
  std::optional<uint64_t> where;
  if (address != 0) where = address;
  finding.evidence.push_back({std::move(text), where, {}});
}

}  // namespace

model::Grade weaker(model::Grade a, model::Grade b) {
  return std::max(a, b);
}

std::string lock_label(const model::LockState& lock) {
  if (lock.type == model::LockType::cpu_call) return "the call of " + lock.name;
  if (lock.type == model::LockType::thread_end) return "the end of " + lock.name;
  if (!lock.symbol.empty()) return lock.symbol;
  if (!lock.name.empty()) return lock.name;
  if (!lock.lock_class.empty()) return lock.lock_class;
  return fmt::format("the {} at {}", lock_type_text(lock.type), hex_address(lock.address));
}

std::string lock_key(const model::LockState& lock) {
  if (!lock.symbol.empty()) {
    // Where in its variable a lock lies depends on the build: "table+0x40 [mod]".
    const size_t plus = lock.symbol.find("+0x");
    const size_t module = lock.symbol.find(" [");
    if (plus == std::string::npos) return lock.symbol;
    return lock.symbol.substr(0, plus) +
           (module == std::string::npos ? "" : lock.symbol.substr(module));
  }
  // "#2" and "/1" depend on the boot.
  const std::string& name = lock.name.empty() ? lock.lock_class : lock.name;
  return name.empty() ? "?" : name.substr(0, name.find('#'));
}

std::string waiting_key(const model::Snapshot& snapshot, const model::LockParty& party) {
  const model::Frame* frame = frame_of(snapshot, party);
  if (frame == nullptr) frame = waiting_frame(stack_of(snapshot, party));
  return frame == nullptr ? "?" : function_key(*frame);
}

std::string lock_type_text(model::LockType type) {
  switch (type) {
    case model::LockType::raw_spinlock:
      return "spinlock";
    case model::LockType::rt_spinlock:
      return "rt_spinlock";
    case model::LockType::rwlock:
      return "rwlock";
    case model::LockType::rt_rwlock:
      return "rt_rwlock";
    case model::LockType::mutex:
      return "mutex";
    case model::LockType::rw_semaphore:
      return "rw_semaphore";
    case model::LockType::rt_mutex:
      return "rt_mutex";
    case model::LockType::semaphore:
      return "semaphore";
    case model::LockType::completion:
      return "completion";
    case model::LockType::percpu_rwsem:
      return "percpu_rw_semaphore";
    case model::LockType::seqlock:
      return "seqlock";
    case model::LockType::lockdep_only:
      return "lockdep_map";
    case model::LockType::cpu_call:
      return "call to another CPU";
    case model::LockType::timer:
      return "timer";
    case model::LockType::hrtimer:
      return "hrtimer";
    case model::LockType::work:
      return "work item";
    case model::LockType::workqueue:
      return "workqueue";
    case model::LockType::thread_end:
      return "thread";
    case model::LockType::unknown:
      break;
  }
  return "lock";
}

std::string_view possession_text(const model::LockState& lock) {
  switch (lock.type) {
    case model::LockType::cpu_call:
      return "has yet to make";
    case model::LockType::timer:
    case model::LockType::hrtimer:
    case model::LockType::work:
      return "runs";
    case model::LockType::workqueue:
      return "works for";
    case model::LockType::thread_end:
      return "has yet to bring about";
    default:
      return "holds";
  }
}

bool spins(model::LockType type) {
  return type == model::LockType::raw_spinlock || type == model::LockType::rwlock;
}

model::LockRef lock_ref(const model::LockState& lock) {
  return {lock_label(lock), lock.address, lock_type_text(lock.type), lock.lock_class, lock.symbol};
}

const model::Task* task_of(const model::Snapshot& snapshot, const model::LockParty& party) {
  if (party.task != 0) return snapshot.task_at(party.task);
  const model::Cpu* cpu = cpu_at(snapshot, party.cpu);
  return cpu == nullptr ? nullptr : snapshot.task_at(cpu->current_task);
}

std::string task_label(const model::Task& task) {
  std::string label = fmt::format("{} [{}]", task.comm, task.pid);
  if (task.on_cpu) label += fmt::format(" on CPU {}", task.cpu);
  return label;
}

std::string party_label(const model::Snapshot& snapshot, const model::LockParty& party) {
  const model::Task* task = task_of(snapshot, party);
  if (task != nullptr) return task_label(*task);
  if (party.cpu >= 0) return fmt::format("CPU {}", party.cpu);
  return party.task != 0 ? fmt::format("the task at {}", hex_address(party.task)) : "somebody";
}

model::TaskRef task_ref(const model::Snapshot& snapshot, const model::LockParty& party,
                        model::Role role) {
  const model::Task* task = task_of(snapshot, party);
  if (task == nullptr) return {0, "", party.cpu, party.task, role};
  return {task->pid, task->comm, task->cpu, task->address, role};
}

const model::Stack& stack_of(const model::Snapshot& snapshot, const model::LockParty& party) {
  static const model::Stack kNone;
  const model::Task* task = task_of(snapshot, party);
  const int running = task != nullptr && task->on_cpu ? task->cpu : party.cpu;
  if (const model::Cpu* cpu = cpu_at(snapshot, running); cpu != nullptr && !cpu->stack.empty()) {
    const bool same = task == nullptr || cpu->current_task == task->address;
    if (same) return cpu->stack;
  }
  return task == nullptr ? kNone : task->stack;
}

const model::Frame* frame_of(const model::Snapshot& snapshot, const model::LockParty& party) {
  const model::Stack& stack = stack_of(snapshot, party);
  if (party.frame < 0 || static_cast<size_t>(party.frame) >= stack.size()) return nullptr;
  return &stack[static_cast<size_t>(party.frame)];
}

void add_party_evidence(const model::LockParty& party, model::Finding& finding) {
  add_fact(party.evidence, party.code, finding);
}

void add_lock_evidence(const model::LockState& lock, model::Finding& finding) {
  if (!lock.value) return;
  const std::string label = lock_label(lock);
  const std::string address = hex_address(lock.address);
  // A lock without name is called by its address already.
  const bool named = label.find(address) == std::string::npos;
  std::string text =
      fmt::format("{} = {}", named ? label + " at " + address : label, hex_short(*lock.value));
  if (!lock.value_text.empty()) text += ": " + lock.value_text;
  add_fact(std::move(text), lock.address, finding);
}

}  // namespace kmortem::checks
