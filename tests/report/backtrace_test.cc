// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/backtrace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace kmortem::report {
namespace {

using model::Context;
using model::FoundBy;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

model::Frame frame(const std::string& function, uint64_t offset, Context context,
                   FoundBy found_by = FoundBy::orc) {
  model::Frame result;
  result.pc = 0xffffffff81000000 + offset;
  result.function = function;
  result.offset = offset;
  result.function_size = 0x100;
  result.context = context;
  result.found_by = found_by;
  return result;
}

class BacktraceTest : public ::testing::Test {
 protected:
  /// A spinner in a softirq on top of a thread.
  BacktraceTest() {
    model::Task task;
    task.address = 0xffff888100200000;
    task.pid = 227;
    task.comm = "kflow_gcd";
    task.state = 'R';
    snapshot_.tasks.push_back(task);
    model::Cpu cpu;
    cpu.number = 1;
    cpu.stack = {frame("spin", 0x1f, Context::softirq), frame("lock_it", 0x8, Context::softirq),
                 frame("softirqs", 0x20, Context::softirq), frame("worker", 0x9a, Context::task),
                 frame("kthread", 0xb1, Context::task)};
    cpu.stack[1].inlined = true;
    cpu.stack[3].interrupted = true;
    cpu.stack[3].module = "lk_rcu";
    cpu.stack[3].file = "lk_rcu.c";
    cpu.stack[3].line = 77;
    cpu.stack_state.read = true;
    cpu.stack_state.complete = true;
    cpu.stack_state.registers = {{3, 0xffffc90000003f58, false, {{"rip", 0xffffffff8100009a}}}};
    snapshot_.cpus.push_back(cpu);
  }

  std::string text(const TextOptions& options = {}) const {
    return backtrace_text(snapshot_, {{&snapshot_.cpus[0], &snapshot_.tasks[0]}}, options);
  }

  model::Snapshot snapshot_;
};

TEST_F(BacktraceTest, EveryBoundaryIsMarked) {
  const std::string printed = text();
  EXPECT_THAT(printed, HasSubstr("CPU 1: kflow_gcd [227] R   task 0xffff888100200000\n"
                                 "  <SOFTIRQ>\n"
                                 "  #0 spin+0x1f/0x100\n"
                                 "     lock_it (inlined)\n"
                                 "  #1 softirqs+0x20/0x100\n"
                                 "  <TASK>\n"
                                 "  #2 worker+0x9a/0x100    [lk_rcu] lk_rcu.c:77\n"
                                 "  #3 kthread+0xb1/0x100\n"));
  EXPECT_THAT(printed, Not(HasSubstr("it stops here")));
}

TEST_F(BacktraceTest, FramesOfUnusualOriginSaySo) {
  snapshot_.cpus[0].stack[4].found_by = FoundBy::scan;
  EXPECT_THAT(text(), HasSubstr("#3 kthread+0xb1/0x100   (scan)\n"));
}

TEST_F(BacktraceTest, RegistersOnlyWhenVerbose) {
  EXPECT_THAT(text(), Not(HasSubstr("rip")));
  TextOptions options;
  options.verbose = true;
  EXPECT_THAT(text(options), HasSubstr("  <TASK>\n"
                                       "           rip 0xffffffff8100009a\n"
                                       "        saved at 0xffffc90000003f58\n"
                                       "  #2 worker"));
}

TEST_F(BacktraceTest, AStackThatEndsTooEarly) {
  snapshot_.cpus[0].stack_state.complete = false;
  snapshot_.cpus[0].stack_state.stopped_because = "the stack is not readable";
  EXPECT_THAT(text(), HasSubstr("  it stops here: the stack is not readable\n"));
}

TEST_F(BacktraceTest, ACpuInUserMode) {
  snapshot_.cpus[0].stack.clear();
  snapshot_.cpus[0].stack_state.in_user_mode = true;
  EXPECT_THAT(text(), HasSubstr("  in user mode\n"));
}

TEST_F(BacktraceTest, Json) {
  const json all =
      json::parse(backtrace_json(snapshot_, {{&snapshot_.cpus[0], &snapshot_.tasks[0]}}));
  EXPECT_EQ(all["schema"], "kmortem-bt/1");
  const json& stack = all["stacks"][0];
  EXPECT_EQ(stack["cpu"], 1);
  EXPECT_EQ(stack["task"]["pid"], 227);
  EXPECT_EQ(stack["stack"][0]["context"], "softirq");
  EXPECT_EQ(stack["stack"][0]["found_by"], "orc");
  EXPECT_EQ(stack["stack"][1]["inlined"], true);
  EXPECT_EQ(stack["stack"][3]["module"], "lk_rcu");
  EXPECT_EQ(stack["stack"][4]["offset"], 0xb1);
}

}  // namespace
}  // namespace kmortem::report
