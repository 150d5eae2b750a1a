// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/cpu_story.h"

#include <fmt/core.h>

#include <algorithm>

#include "checks/lock_parties.h"
#include "checks/wording.h"

namespace kmortem::checks {

namespace {

bool is_detector(const model::Frame& frame) {
  const std::string_view function = plain_function(frame.function);
  return function == "watchdog_timer_fn" || function == "watchdog_overflow_callback" ||
         function == "watchdog_hardlockup_check" || function == "nmi_handle" ||
         function == "rcu_sched_clock_irq";
}

// The watchdog runs in a timer interrupt on top of what is stuck: what lies below that interrupt
// is what counts.
size_t first_that_counts(const model::Stack& stack) {
  const auto detector = std::find_if(stack.begin(), stack.end(), is_detector);
  if (detector == stack.end()) return 0;
  const model::Context own = detector->context;
  auto frame = detector;
  while (frame != stack.end() && frame->context == own && !frame->interrupted) ++frame;
  // The boundary itself is the interrupted code.
  return frame == stack.end() ? 0 : static_cast<size_t>(frame - stack.begin());
}

std::string_view context_text(model::Context context) {
  switch (context) {
    case model::Context::softirq:
      return ", in a softirq";
    case model::Context::hardirq:
      return ", in a hard interrupt";
    case model::Context::nmi:
      return ", in an NMI";
    case model::Context::exception:
      return ", in an exception";
    case model::Context::task:
      break;
  }
  return "";
}

const model::Frame* busy_frame(const model::Cpu& cpu) {
  const size_t first = first_that_counts(cpu.stack);
  for (size_t i = first; i < cpu.stack.size(); ++i) {
    if (!cpu.stack[i].function.empty()) return &cpu.stack[i];
  }
  return nullptr;
}

}  // namespace

const model::Cpu* find_cpu(const model::Snapshot& snapshot, int number) {
  const auto it = std::find_if(snapshot.cpus.begin(), snapshot.cpus.end(),
                               [&](const model::Cpu& cpu) { return cpu.number == number; });
  return it == snapshot.cpus.end() ? nullptr : &*it;
}

std::string running_on(const model::Snapshot& snapshot, const model::Cpu& cpu) {
  const model::Task* task = snapshot.task_at(cpu.current_task);
  if (task == nullptr) return "an unknown task";
  if (task->idle) return "the idle task";
  return fmt::format("{} [{}]", task->comm, task->pid);
}

std::string busy_with(const model::Cpu& cpu) {
  const model::Frame* frame = busy_frame(cpu);
  if (frame == nullptr) return "";
  return fmt::format("in {}{}", function_label(*frame), context_text(frame->context));
}

std::string busy_key(const model::Cpu& cpu) {
  const model::Frame* frame = busy_frame(cpu);
  return frame == nullptr ? "?" : function_key(*frame);
}

void add_cpu(const model::Snapshot& snapshot, const model::Cpu& cpu, model::Finding& finding) {
  const model::Task* task = snapshot.task_at(cpu.current_task);
  if (task != nullptr) {
    finding.tasks.push_back({task->pid, task->comm, cpu.number, task->address, model::Role::owner});
  }
  if (cpu.stack.empty()) return;
  finding.evidence.push_back(
      {fmt::format("CPU {}, {}:", cpu.number, running_on(snapshot, cpu)), std::nullopt, cpu.stack});
}

}  // namespace kmortem::checks
