// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/html_machine.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "base/hex.h"
#include "report/html_stack.h"
#include "report/html_table.h"
#include "report/html_text.h"
#include "report/lock_text.h"

namespace kmortem::report {

namespace {

using model::LockParty;
using model::LockState;
using model::Task;

// A page is for reading: what is beyond is in the JSON report.
constexpr size_t kShownTasks = 3000;
constexpr size_t kShownStacks = 200;

using Side = std::vector<LockParty> LockState::*;

template <typename Match>
std::string locks_of(const model::Snapshot& snapshot, Side side, Match match) {
  std::string text;
  for (const LockState& lock : snapshot.locks) {
    if (!std::ranges::any_of(lock.*side, match)) continue;
    text += (text.empty() ? "" : "<br>") + html_word(lock_label(lock));
  }
  return text;
}

std::string task_words(const Task* task) {
  return task == nullptr ? "an unknown task" : fmt::format("{} [{}]", task->comm, task->pid);
}

std::string cpu_facts(const model::Snapshot& snapshot, const model::Cpu& cpu) {
  const auto here = [&](const LockParty& party) { return party.cpu == cpu.number && !party.hint; };
  const std::string holds = locks_of(snapshot, &LockState::owners, here);
  const std::string awaits = locks_of(snapshot, &LockState::waiters, here);
  std::string text;
  const auto add = [&](std::string_view name, const std::string& html) {
    if (!html.empty()) text += fmt::format("<dt>{}</dt><dd>{}</dd>\n", name, html);
  };
  add("holds", holds);
  add("waits for", awaits);
  if (cpu.softirq_pending_known && cpu.softirq_pending != 0) {
    add("softirqs pending", html_code(hex_short(cpu.softirq_pending)));
  }
  if (cpu.preempt_count) add("preempt_count", html_code(hex_short(*cpu.preempt_count)));
  if (cpu.hardirqs_enabled) add("interrupts", *cpu.hardirqs_enabled ? "on" : "off");
  return text.empty() ? "" : "<dl class=\"facts\">\n" + text + "</dl>\n";
}

std::string cpu_html(const model::Snapshot& snapshot, const model::Cpu& cpu) {
  const Task* task = snapshot.task_at(cpu.current_task);
  const bool idle = task != nullptr && task->idle;
  std::string remarks = cpu.online ? "" : " offline";
  if (cpu.number == snapshot.kernel.panic_cpu) remarks += " panicked";
  return fmt::format(
      "<details class=\"cpu\"{}><summary><b>CPU {}</b>{} <span class=\"dim\">{}</span></summary>"
      "<div class=\"body\">\n{}{}{}</div></details>\n",
      idle || cpu.stack.empty() ? "" : " open", cpu.number, html_code(task_words(task)), remarks,
      cpu_facts(snapshot, cpu), html_stack_state(cpu.stack_state), html_stack(cpu.stack));
}

std::string held_record(const model::Snapshot& snapshot, const model::HeldLock& held) {
  const model::LockClass* lock_class = snapshot.lockdep.find(held.class_index);
  std::string text =
      html_word(lock_class == nullptr ? hex_address(held.address) : lock_class->name);
  if (!held.acquired_at.function.empty()) {
    text += " <span class=\"dim\">taken at</span> " + html_word(held.acquired_at.function);
  }
  return text;
}

class TaskTable {
 public:
  explicit TaskTable(const model::Report& report) : snapshot_(report.snapshot) {
    for (const model::Finding& finding : report.findings) {
      for (const model::TaskRef& task : finding.tasks) blamed_.insert(task.address);
    }
    for (const LockState& lock : snapshot_.locks) {
      for (const LockParty& party : lock.owners) parties_.insert(party.task);
      for (const LockParty& party : lock.waiters) parties_.insert(party.task);
    }
  }

  std::string html() {
    HtmlTable table("tasks", "Tasks, with the locks that they hold",
                    {{"Task"},
                     {"PID", true},
                     {"State"},
                     {"CPU", true},
                     {"Holds"},
                     {"Waits for"},
                     {"lockdep's record"}});
    std::vector<const Task*> shown;
    for (const Task& task : snapshot_.tasks) shown.push_back(&task);
    std::ranges::stable_partition(shown, [&](const Task* task) { return matters(*task); });
    for (const Task* task : shown) {
      if (table.rows() == kShownTasks) break;
      add(*task, table);
    }
    std::string text = table.html();
    if (shown.size() > table.rows()) {
      text += fmt::format("<p class=\"dim\">{} more tasks are in the JSON report.</p>\n",
                          shown.size() - table.rows());
    }
    return text;
  }

 private:
  bool matters(const Task& task) const {
    return blamed_.contains(task.address) || parties_.contains(task.address) ||
           !task.held_locks.empty() || task.state == 'D' || (task.on_cpu && !task.idle);
  }

  std::string locks(const Task& task, Side side) const {
    if (!parties_.contains(task.address)) return {};
    return locks_of(snapshot_, side,
                    [&](const LockParty& each) { return each.task == task.address && !each.hint; });
  }

  void add(const Task& task, HtmlTable& table) {
    std::string record;
    for (const model::HeldLock& held : task.held_locks) {
      record += (record.empty() ? "" : "<br>") + held_record(snapshot_, held);
    }
    table.add(
        {{name(task), task.comm},
         HtmlCell::text(std::to_string(task.pid)),
         HtmlCell::text(std::string(1, task.state)),
         task.cpu < 0 ? HtmlCell{"", "-1"} : HtmlCell::number(static_cast<uint64_t>(task.cpu)),
         {locks(task, &LockState::owners), ""},
         {locks(task, &LockState::waiters), ""},
         {record, std::to_string(task.held_locks.size())}},
        blamed_.contains(task.address) ? "hot" : "");
  }

  // With its stack folded away below the name, where the stack may tell something.
  std::string name(const Task& task) {
    std::string words = html_code(task.comm);
    if (task.stack.empty() || !matters(task) || stacks_ == kShownStacks) return words;
    ++stacks_;
    return fmt::format("<details><summary>{}</summary>{}{}</details>", words,
                       html_stack_state(task.stack_state), html_stack(task.stack));
  }

  const model::Snapshot& snapshot_;
  std::set<uint64_t> blamed_;   // tasks that findings name
  std::set<uint64_t> parties_;  // tasks that hold or await a lock
  size_t stacks_ = 0;
};

}  // namespace

std::string html_cpus(const model::Snapshot& snapshot) {
  std::string text;
  for (const model::Cpu& cpu : snapshot.cpus) text += cpu_html(snapshot, cpu);
  return text;
}

std::string html_tasks(const model::Report& report) {
  return report.snapshot.tasks.empty() ? "" : TaskTable(report).html();
}

}  // namespace kmortem::report
