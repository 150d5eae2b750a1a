// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/tasks.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "kernel/pid_index.h"
#include "kernel/ring_walk.h"
#include "kernel/task_layout.h"
#include "kernel/task_state.h"

namespace kmortem::kernel {

namespace {

constexpr size_t kMaxTasks = 4 << 20;           // PID_MAX_LIMIT
constexpr uint64_t kKernelThread = 0x00200000;  // PF_KTHREAD
constexpr uint64_t kExiting = 0x00000004;       // PF_EXITING

class TaskReader {
 public:
  TaskReader(const Target& target, std::span<const model::Cpu> cpus, const TaskReading& reading)
      : target_(target),
        reading_(reading),
        layout_(target.types, reading.extra_members),
        letters_(target),
        buffer_(layout_.bytes) {
    for (const model::Cpu& cpu : cpus) {
      if (cpu.idle_task != 0) idle_.emplace(cpu.idle_task, cpu.number);
      if (cpu.current_task != 0) current_.emplace(cpu.current_task, cpu.number);
    }
  }

  std::vector<model::Task> run(std::span<const model::Cpu> cpus) {
    if (!layout_.usable()) {
      target_.problems.add(
          {"task_struct", 0, "its layout is not in the debuginfo", "no tasks are listed"});
      return {};
    }
    read_idle_tasks(cpus);
    read_processes();
    if (!broken_.empty()) read_behind_damage();
    for (const model::Cpu& cpu : cpus) read_single(cpu.current_task);
    return std::move(tasks_);
  }

 private:
  void read_idle_tasks(std::span<const model::Cpu> cpus) {
    for (const model::Cpu& cpu : cpus) read_single(cpu.idle_task);
    if (!idle_.empty()) return;
    const uint64_t init = target_.symbol("init_task").value_or(0);
    if (init != 0) idle_.emplace(init, 0);
    read_single(init);
  }

  /// A task that is known by address, not by a list.
  void read_single(uint64_t task) {
    if (task == 0 || known_.contains(task)) return;
    if (auto loaded = load(task); loaded) {
      keep();
    } else {
      known_.insert(task);  // told once
      report(task, std::string(describe(loaded.error().kind)), "this task is missing");
    }
  }

  void read_processes() {
    const auto init = target_.symbol("init_task");
    if (!init) {
      target_.problems.add({"init_task", 0, "no such symbol", "only running tasks are listed"});
      return;
    }
    const uint64_t head = *init + layout_.tasks->offset;
    const auto links = read_links(head);
    if (!links) {
      report(*init, std::string(describe(links.error().kind)), "only running tasks are listed");
      return;
    }
    RingVisitor visitor;
    visitor.load = [&](uint64_t node) {
      return load_element(node - layout_.tasks->offset, *layout_.tasks);
    };
    visitor.keep = [&](uint64_t) {
      const Pending leader = pending_;
      keep();
      read_threads(leader);
    };
    tell(walk_ring(head, *links, kMaxTasks, visitor), layout_.tasks->offset,
         "processes between the damage and the last one reached from the list's other end are "
         "missing");
  }

  struct Pending {
    uint64_t address = 0;
    bool complete = false;     ///< the bytes are in buffer_; else only the links were readable
    ListLinks threads;         ///< the thread list's links
    uint64_t thread_head = 0;  ///< in its signal_struct; 0 when the list has no head
  };

  /// The other threads of a process, from its leader's own links.
  void read_threads(const Pending& leader) {
    const auto& link = thread_link();
    if (!link || !leader.complete) return;
    const uint64_t self = leader.address + link->offset;
    const uint64_t head = leader.thread_head;
    const bool alone = leader.threads.next == (head != 0 ? head : self) &&
                       leader.threads.prev == leader.threads.next;
    if (alone) return;
    RingVisitor visitor;
    visitor.load = [&](uint64_t node) {
      if (node == head) return read_links(node);
      return load_element(node - link->offset, *link);
    };
    visitor.keep = [&](uint64_t node) {
      if (node != head) keep();
    };
    const size_t room = kMaxTasks - std::min(kMaxTasks, tasks_.size());
    tell(walk_ring(self, leader.threads, room, visitor), link->offset,
         "some threads of this process are missing");
  }

  const std::optional<debuginfo::Field>& thread_link() const {
    // thread_node came with 3.14 (and backports); thread_group went with 6.7.
    return layout_.thread_node && layout_.thread_head ? layout_.thread_node : layout_.thread_group;
  }

  ReadResult<ListLinks> read_links(uint64_t node) const {
    ListLinks links;
    auto done = target_.memory.read(node, std::as_writable_bytes(std::span(&links, 1)));
    if (!done) return std::unexpected(done.error());
    return links;
  }

  ListLinks links_in_buffer(const debuginfo::Field& link) const {
    ListLinks links;
    if (link.offset + sizeof links <= buffer_.size()) {
      std::memcpy(&links, buffer_.data() + link.offset, sizeof links);
    }
    return links;
  }

  ReadResult<void> load(uint64_t task) {
    pending_ = {};
    pending_.address = task;
    if (task > UINT64_MAX - buffer_.size()) {
      return std::unexpected(ReadError{ReadError::Kind::invalid, task});
    }
    auto done = target_.memory.read(task, buffer_);
    if (!done) return done;
    pending_.complete = true;
    const Record record(task, buffer_);
    if (const auto& link = thread_link()) pending_.threads = links_in_buffer(*link);
    if (layout_.thread_node && layout_.thread_head && layout_.signal) {
      pending_.thread_head = record.get(*layout_.signal) + layout_.thread_head->offset;
    }
    return {};
  }

  /// Loads a task and returns its `link`. If part of it is missing but not the link, the walk can
  /// go on past it.
  ReadResult<ListLinks> load_element(uint64_t task, const debuginfo::Field& link) {
    auto done = load(task);
    if (done) return links_in_buffer(link);
    auto links = read_links(task + link.offset);
    if (links) return links;
    return std::unexpected(done.error());
  }

  void keep() {
    const uint64_t address = pending_.address;
    if (!known_.insert(address).second) return;
    if (!pending_.complete) {
      report(address, "part of it is not readable", "this task is missing");
      return;
    }
    const Record record(address, buffer_);
    tasks_.push_back(decode(record));
    if (reading_.visit) reading_.visit(record, tasks_.back());
  }

  model::Task decode(const Record& record) const {
    model::Task task;
    task.address = record.address();
    task.pid = static_cast<int>(record.get_or(layout_.pid, 0));
    task.tgid = static_cast<int>(record.get_or(layout_.tgid, 0));
    task.comm = decode_comm(record);
    task.stack_base = record.get_or(layout_.stack, 0);
    task.state_bits = record.get_or(layout_.state, 0);
    task.state = letters_.letter(task.state_bits, record.get_or(layout_.exit_state, 0));
    task.kernel_thread = (record.get_or(layout_.flags, 0) & kKernelThread) != 0;
    task.exiting = (record.get_or(layout_.flags, 0) & kExiting) != 0;
    decode_times(record, task);
    task.curr_chain_key = record.get_or(layout_.curr_chain_key, 0);
    task.lockdep_recursion = record.get_or(layout_.lockdep_recursion, 0);
    auto running = current_.find(task.address);
    auto idle = idle_.find(task.address);
    task.on_cpu = running != current_.end();
    task.idle = idle != idle_.end();
    task.cpu = task.on_cpu ? running->second : task.idle ? idle->second : decode_cpu(record);
    return task;
  }

  /// exec_start is set when a task goes on a CPU, at every tick there and when it leaves it.
  void decode_times(const Record& record, model::Task& task) const {
    task.last_ran_ns =
        std::max(record.get_or(layout_.exec_start, 0), record.get_or(layout_.last_arrival, 0));
    task.switches = record.get_or(layout_.nvcsw, 0) + record.get_or(layout_.nivcsw, 0);
    if (layout_.last_switch_count) task.switches_seen = record.get(*layout_.last_switch_count);
  }

  std::string decode_comm(const Record& record) const {
    if (!layout_.comm || layout_.comm->offset >= buffer_.size()) return {};
    const size_t room =
        std::min<size_t>(layout_.comm->count, buffer_.size() - layout_.comm->offset);
    const auto* text = reinterpret_cast<const char*>(record.bytes().data()) + layout_.comm->offset;
    return {text, strnlen(text, room)};
  }

  int decode_cpu(const Record& record) const {
    if (layout_.cpu) return static_cast<int>(record.get(*layout_.cpu));
    if (!layout_.cpu_on_stack) return 0;  // no SMP
    const uint64_t stack = record.get_or(layout_.stack, 0);
    auto cpu = target_.memory.read_u32(stack + layout_.cpu_on_stack->offset);
    return cpu ? static_cast<int>(*cpu) : -1;
  }

  void tell(const RingWalk& walk, uint64_t link_offset, std::string consequence) {
    if (walk.complete) return;
    broken_.push_back({walk.broken_at - link_offset, walk.reason, std::move(consequence)});
  }

  /// What the lists do not lead to any more, the pids may.
  void read_behind_damage() {
    const TasksByPid index = read_tasks_by_pid(target_);
    for (const uint64_t task : index.tasks) {
      if (tasks_.size() < kMaxTasks && !known_.contains(task) && load(task)) keep();
    }
    for (Broken& list : broken_) {
      report(list.task, std::move(list.reason),
             index.whole ? "this task is missing; those behind it were found by their pids"
                         : std::move(list.consequence));
    }
  }

  /// Where the walk over a list ended, and what that costs if nothing else is known.
  struct Broken {
    uint64_t task = 0;
    std::string reason;
    std::string consequence;
  };

  void report(uint64_t task, std::string reason, std::string consequence) const {
    target_.problems.add({"task_struct", task, std::move(reason), std::move(consequence)});
  }

  const Target& target_;
  const TaskReading& reading_;
  TaskLayout layout_;
  TaskStateLetters letters_;
  std::vector<std::byte> buffer_;
  std::unordered_map<uint64_t, int> idle_;     ///< task → its CPU
  std::unordered_map<uint64_t, int> current_;  ///< task → the CPU it is current on
  std::unordered_set<uint64_t> known_;
  Pending pending_;
  std::vector<Broken> broken_;
  std::vector<model::Task> tasks_;
};

}  // namespace

std::vector<model::Task> read_tasks(const Target& target, std::span<const model::Cpu> cpus,
                                    const TaskReading& reading) {
  return TaskReader(target, cpus, reading).run(cpus);
}

}  // namespace kmortem::kernel
