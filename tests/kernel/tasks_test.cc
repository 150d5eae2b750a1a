// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/tasks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/fake_kernel.h"

namespace kmortem::kernel {
namespace {

using testing::ElementsAre;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr uint64_t kInit = 0xffffffff82a00000;
constexpr uint64_t kTasks = 0xffff888001000000;
constexpr uint64_t kSignals = 0xffff888002000000;
constexpr uint64_t kCurrent = 0xffff888003000000;

uint64_t task_address(int number) {
  return kTasks + static_cast<uint64_t>(number) * 0x1000;
}

/// A task_struct of 4.9 to 6.13, thread by thread_node.
struct TasksTest : testing::Test {
  test::FakeKernel k;
  debuginfo::TypeId list_head = 0;

  void SetUp() override {
    auto& t = k.types;
    list_head =
        t.define("list_head", 16, {t.at(0, "next", t.pointer()), t.at(8, "prev", t.pointer())});
    define_task("thread_node");
    t.define("signal_struct", 64, {t.at(32, "thread_head", list_head)});
    k.symbols.add("init_task", kInit, 256);
    put_task(kInit, 0, 0, "swapper/0");
    link_ring({kInit}, "task_struct.tasks");
  }

  void define_task(const std::string& threads) {
    auto& t = k.types;
    const auto info = t.structure("thread_info", 16, {t.at(8, "cpu", t.u32)});
    std::vector<debuginfo::Member> members = {t.at(0, "thread_info", info),
                                              t.at(24, "__state", t.u32),
                                              t.at(32, "stack", t.pointer()),
                                              t.at(40, "flags", t.u32),
                                              t.at(48, "tasks", list_head),
                                              t.at(64, "exit_state", t.s32),
                                              t.at(72, "pid", t.s32),
                                              t.at(76, "tgid", t.s32),
                                              t.at(80, threads, list_head),
                                              t.at(96, "comm", t.array(t.character, 16)),
                                              t.at(112, "signal", t.pointer()),
                                              t.at(120, "curr_chain_key", t.u64),
                                              t.at(140, "lockdep_depth", t.s32),
                                              t.at(132, "lockdep_recursion", t.u32),
                                              t.at(160, "pid_links", t.array(list_head, 4)),
                                              t.at(224, "thread_pid", t.pointer())};
    t.define("task_struct", 256, members);
  }

  /// A process of one thread, linked to itself.
  void put_task(uint64_t address, int pid, int tgid, const std::string& comm) {
    k.memory.map(address, 256);
    k.set(address, "task_struct.pid", static_cast<uint64_t>(pid));
    k.set(address, "task_struct.tgid", static_cast<uint64_t>(tgid));
    k.set_text(address, "task_struct.comm", comm);
    if (!k.types.table().has("task_struct.thread_node")) {
      link_ring({address}, "task_struct.thread_group");
      return;
    }
    const uint64_t signal = kSignals + static_cast<uint64_t>(tgid) * 0x100;
    k.set(address, "task_struct.signal", signal);
    if (pid == tgid) link_threads(signal, {address});
  }

  void link(std::vector<uint64_t> nodes) {
    for (size_t i = 0; i < nodes.size(); ++i) {
      const size_t next = (i + 1) % nodes.size();
      k.memory.put_u64(nodes[i], nodes[next]);
      k.memory.put_u64(nodes[next] + 8, nodes[i]);
    }
  }
  void link_ring(std::vector<uint64_t> tasks, std::string_view member) {
    for (uint64_t& task : tasks) task = k.address_of(task, member);
    link(tasks);
  }
  void link_threads(uint64_t signal, std::vector<uint64_t> tasks) {
    for (uint64_t& task : tasks) task = k.address_of(task, "task_struct.thread_node");
    tasks.insert(tasks.begin(), k.address_of(signal, "signal_struct.thread_head"));
    link(tasks);
  }

  /// init_task and processes 1 .. count in the ring.
  void put_processes(int count) {
    std::vector<uint64_t> ring = {kInit};
    for (int pid = 1; pid <= count; ++pid) {
      put_task(task_address(pid), pid, pid, "p" + std::to_string(pid));
      ring.push_back(task_address(pid));
    }
    link_ring(ring, "task_struct.tasks");
  }

  std::vector<int> pids(const std::vector<model::Task>& tasks) {
    std::vector<int> list;
    for (const auto& task : tasks) list.push_back(task.pid);
    return list;
  }
};

model::Cpu cpu(int number, uint64_t current, uint64_t idle) {
  model::Cpu cpu;
  cpu.number = number;
  cpu.current_task = current;
  cpu.idle_task = idle;
  return cpu;
}

TEST_F(TasksTest, ProcessesThreadsAndIdleTasks) {
  put_processes(3);
  const uint64_t thread = task_address(20);
  const uint64_t idle1 = task_address(21);
  put_task(thread, 20, 2, "worker");
  put_task(idle1, 0, 0, "swapper/1");
  link_threads(kSignals + 2 * 0x100, {task_address(2), thread});
  k.set(thread, "task_struct.__state", 2);
  k.set(thread, "task_struct.thread_info.cpu", 1);
  k.set(thread, "task_struct.stack", 0xffffc90000100000);
  k.set(thread, "task_struct.curr_chain_key", 0x1234);
  k.set(task_address(3), "task_struct.flags", 0x00200040);

  const std::vector<model::Cpu> cpus = {cpu(0, task_address(3), kInit), cpu(1, idle1, idle1)};
  const auto tasks = read_tasks(k.target(), cpus);
  EXPECT_TRUE(k.problems.all().empty());
  EXPECT_THAT(pids(tasks), ElementsAre(0, 0, 1, 2, 20, 3));
  EXPECT_EQ(tasks[0].address, kInit);
  EXPECT_TRUE(tasks[0].idle);
  EXPECT_FALSE(tasks[0].on_cpu);
  EXPECT_TRUE(tasks[1].idle && tasks[1].on_cpu);
  EXPECT_EQ(tasks[1].cpu, 1);
  EXPECT_EQ(tasks[4].tgid, 2);
  EXPECT_EQ(tasks[4].comm, "worker");
  EXPECT_EQ(tasks[4].cpu, 1);
  EXPECT_EQ(tasks[4].state, 'D');
  EXPECT_EQ(tasks[4].stack_base, 0xffffc90000100000u);
  EXPECT_EQ(tasks[4].curr_chain_key, 0x1234u);
  EXPECT_TRUE(tasks[5].kernel_thread && tasks[5].on_cpu);
  EXPECT_FALSE(tasks[4].kernel_thread);
}

TEST_F(TasksTest, OneReadEachAndNoneOfSignalStructs) {
  put_processes(50);
  const std::vector<model::Cpu> cpus = {cpu(0, kInit, kInit)};
  k.memory.reset_counts();
  EXPECT_THAT(read_tasks(k.target(), cpus), SizeIs(51));
  EXPECT_LE(k.memory.reads(), 51u + 1);  // and the head's links
}

TEST_F(TasksTest, VisitorSeesTheBytes) {
  put_processes(2);
  k.set(task_address(2), "task_struct.lockdep_depth", 7);
  const auto depth = k.types.table().field("task_struct.lockdep_depth");
  std::vector<uint64_t> seen;
  TaskReading reading;
  reading.visit = [&](const Record& bytes, model::Task& task) {
    EXPECT_EQ(bytes.address(), task.address);
    seen.push_back(bytes.get(*depth));
    task.lockdep_known = true;
  };
  const auto tasks = read_tasks(k.target(), {}, reading);
  EXPECT_THAT(seen, ElementsAre(0, 0, 7));
  EXPECT_TRUE(tasks[2].lockdep_known);
}

TEST_F(TasksTest, MissingPageCostsOneTask) {
  put_processes(5);
  k.memory.exclude(task_address(3));
  EXPECT_THAT(pids(read_tasks(k.target(), {})), ElementsAre(0, 1, 2, 5, 4));
  ASSERT_THAT(k.problems.all(), SizeIs(1));
  EXPECT_EQ(k.problems.all()[0].address, task_address(3));
  EXPECT_EQ(k.problems.all()[0].reason, "page excluded from the dump");
}

/// init_pid_ns.idr as since 4.20: a tree of one node (xa_node), with a struct pid a slot.
struct PidIndexTest : TasksTest {
  static constexpr uint64_t kSpace = 0xffffffff82b00000;
  static constexpr uint64_t kNode = 0xffff888004000008;
  static constexpr uint64_t kPids = 0xffff888005000000;

  void SetUp() override {
    TasksTest::SetUp();
    auto& t = k.types;
    const auto tree = t.structure("xarray", 16, {t.at(8, "xa_head", t.pointer())});
    const auto idr = t.structure("idr", 24, {t.at(0, "idr_rt", tree)});
    t.define("pid_namespace", 64, {t.at(8, "idr", idr)});
    t.define("pid", 96, {t.at(16, "tasks", t.array(t.pointer(), 4))});
    k.symbols.add("init_pid_ns", kSpace, 64);
    k.memory.map(kSpace, 64);
    k.memory.map(kNode, 1024);
    k.memory.put_u64(kSpace + 16, kNode + 2);
  }

  static uint64_t pid_at(int pid) { return kPids + static_cast<uint64_t>(pid) * 128; }
  static uint64_t slot_of(int pid) { return kNode + 40 + static_cast<uint64_t>(pid) * 8; }

  void index(int pid) {
    k.memory.map(pid_at(pid), 128);
    k.memory.put_u64(slot_of(pid), pid_at(pid));
    k.memory.put_u64(pid_at(pid) + 16, k.address_of(task_address(pid), "task_struct.pid_links"));
    k.set(task_address(pid), "task_struct.thread_pid", pid_at(pid));
  }
};

// Two task_structs are missing: what lies between them is in reach of neither end of the list.
TEST_F(PidIndexTest, WhatTwoMissingTasksHideIsFoundByItsPid) {
  put_processes(6);
  for (int pid = 1; pid <= 6; ++pid) index(pid);
  k.memory.exclude(task_address(2));
  k.memory.exclude(task_address(5));
  EXPECT_THAT(pids(read_tasks(k.target(), {})), ElementsAre(0, 1, 6, 3, 4));
  ASSERT_EQ(k.problems.all().size(), 1U);
  EXPECT_EQ(k.problems.all()[0].consequence,
            "this task is missing; those behind it were found by their pids");
}

TEST_F(PidIndexTest, AHealthyListIsEnough) {
  put_processes(3);
  k.memory.exclude(kNode);
  EXPECT_THAT(pids(read_tasks(k.target(), {})), ElementsAre(0, 1, 2, 3));
  EXPECT_TRUE(k.problems.all().empty());
}

TEST_F(PidIndexTest, WhatIsNoTaskOfThatPidIsNotTaken) {
  put_processes(6);
  for (int pid = 1; pid <= 6; ++pid) index(pid);
  k.memory.exclude(task_address(2));
  k.memory.exclude(task_address(5));
  k.set(task_address(3), "task_struct.thread_pid", pid_at(9));
  k.memory.put_u64(slot_of(7), kNode + 2);           // a loop
  k.memory.put_u64(slot_of(8), 0xffff888009000000);  // unmapped
  EXPECT_THAT(pids(read_tasks(k.target(), {})), ElementsAre(0, 1, 6, 4));
  ASSERT_EQ(k.problems.all().size(), 1U);
  EXPECT_THAT(k.problems.all()[0].consequence, testing::HasSubstr("are missing"));
}

TEST_F(TasksTest, WildLinkIsNotATask) {
  put_processes(4);
  k.memory.put_u64(k.address_of(task_address(2), "task_struct.tasks"), task_address(30) + 48);
  k.memory.map(task_address(30), 256);
  EXPECT_THAT(pids(read_tasks(k.target(), {})), ElementsAre(0, 1, 2, 4, 3));
  ASSERT_THAT(k.problems.all(), SizeIs(1));
  EXPECT_EQ(k.problems.all()[0].address, task_address(30));
}

TEST_F(TasksTest, LoopEnds) {
  put_processes(3);
  link_ring({task_address(1), task_address(2), task_address(3)}, "task_struct.tasks");
  k.memory.put_u64(k.address_of(task_address(1), "task_struct.tasks") + 8,
                   k.address_of(kInit, "task_struct.tasks"));
  EXPECT_THAT(pids(read_tasks(k.target(), {})), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(k.problems.all(), SizeIs(1));
}

TEST_F(TasksTest, ExitingTaskIsFoundOnItsCpu) {
  put_processes(1);
  put_task(kCurrent, 77, 77, "exiting");
  k.set(kCurrent, "task_struct.exit_state", 0x10);
  k.set(kCurrent, "task_struct.__state", 0x80);
  const std::vector<model::Cpu> cpus = {cpu(0, kCurrent, kInit)};
  const auto tasks = read_tasks(k.target(), cpus);
  EXPECT_THAT(pids(tasks), ElementsAre(0, 1, 77));
  EXPECT_EQ(tasks[2].state, 'X');
}

TEST_F(TasksTest, ThreadsWithoutAHead) {  // thread_group, to 6.6
  k.types = test::FakeTypes();
  auto& t = k.types;
  list_head =
      t.define("list_head", 16, {t.at(0, "next", t.pointer()), t.at(8, "prev", t.pointer())});
  define_task("thread_group");
  put_task(kInit, 0, 0, "swapper");
  put_processes(2);
  put_task(task_address(9), 9, 1, "t9");
  put_task(task_address(8), 8, 1, "t8");
  link_ring({task_address(1), task_address(9), task_address(8)}, "task_struct.thread_group");
  EXPECT_THAT(pids(read_tasks(k.target(), {})), ElementsAre(0, 1, 9, 8, 2));
}

TEST_F(TasksTest, BrokenThreadListCostsThreadsOnly) {
  put_processes(3);
  for (int number : {20, 21, 22}) put_task(task_address(number), number, 2, "t");
  link_threads(kSignals + 2 * 0x100,
               {task_address(2), task_address(20), task_address(21), task_address(22)});
  k.memory.exclude(task_address(21));
  EXPECT_THAT(pids(read_tasks(k.target(), {})), UnorderedElementsAre(0, 1, 2, 20, 22, 3));
  EXPECT_THAT(k.problems.all(), SizeIs(1));
}

TEST_F(TasksTest, WithoutALayoutThereIsAProblem) {
  k.types = test::FakeTypes();
  EXPECT_TRUE(read_tasks(k.target(), {}).empty());
  EXPECT_THAT(k.problems.all(), SizeIs(1));
}

}  // namespace
}  // namespace kmortem::kernel
