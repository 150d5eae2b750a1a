// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/json.h"

#include <string>
#include <string_view>

#include "base/hex.h"
#include "report/json_lockdep.h"
#include "report/json_locks.h"
#include "report/json_parts.h"
#include "report/softirqs.h"
#include "report/splats.h"

namespace kmortem::report {

namespace {

Json json_cpu(const model::Snapshot& snapshot, const model::Cpu& cpu) {
  const model::Task* current = snapshot.task_at(cpu.current_task);
  Json json = {{"cpu", cpu.number}, {"online", cpu.online}};
  json["current"] = current == nullptr ? Json(nullptr)
                                       : Json{{"pid", current->pid},
                                              {"comm", current->comm},
                                              {"address", json_address(current->address)}};
  json["softirq_pending"] = cpu.softirq_pending_known ? Json(cpu.softirq_pending) : Json(nullptr);
  json["preempt_count"] = cpu.preempt_count ? Json(*cpu.preempt_count) : Json(nullptr);
  json["hardirqs_enabled"] = cpu.hardirqs_enabled ? Json(*cpu.hardirqs_enabled) : Json(nullptr);
  json["hardirq_context"] = cpu.hardirq_context ? Json(*cpu.hardirq_context) : Json(nullptr);
  json["stack"] = json_stack(cpu.stack);
  json["stack_state"] = json_stack_state(cpu.stack_state);
  json["spinlocks_held"] = json_spinlocks_held(snapshot, cpu.number);
  json["spinning_on"] = json_spinning_on(snapshot, cpu.number);
  return json;
}

Json json_task(const model::Snapshot& snapshot, const HeldNames& names, const model::Task& task) {
  Json json = {{"pid", task.pid},
               {"tgid", task.tgid},
               {"comm", task.comm},
               {"address", json_address(task.address)},
               {"state", std::string(1, task.state)},
               {"cpu", task.cpu < 0 ? Json(nullptr) : Json(task.cpu)},
               {"on_cpu", task.on_cpu},
               {"idle", task.idle},
               {"kernel_thread", task.kernel_thread}};
  json["stack"] = json_stack(task.stack);
  json["stack_state"] = json_stack_state(task.stack_state);
  json["held_locks_known"] = task.lockdep_known;
  json["held_locks"] = Json::array();
  for (const model::HeldLock& lock : task.held_locks) {
    json["held_locks"].push_back(json_held_lock(snapshot, names, lock));
  }
  json["one_past_top"] =
      task.one_past_top ? json_held_lock(snapshot, names, *task.one_past_top) : Json(nullptr);
  return json;
}

Json json_module(const model::Module& module) {
  return {{"name", module.name},
          {"address", json_address(module.address)},
          {"base", json_address(module.base)},
          {"size", module.size},
          {"taints", module.taints},
          {"state", json_text(module.state)},
          {"build_id", json_text(module.build_id)},
          {"symbols_read", module.symbols_read}};
}

Json json_scan(const model::MemoryScan& scan) {
  return {{"done", scan.done},
          {"why_not", json_text(scan.why_not)},
          {"bytes_covered", scan.bytes_covered},
          {"bytes_missing", scan.bytes_missing},
          {"lockdep_maps", scan.maps.size()},
          {"spinlocks", scan.spinlocks.size()}};
}

template <typename Items, typename Convert>
Json json_list(const Items& items, Convert convert) {
  Json list = Json::array();
  for (const auto& item : items) list.push_back(convert(item));
  return list;
}

// Thousands of tasks with their stacks make up most of a report: each is written and let go before
// the next, where the list as a whole would take five times the room of its text.
std::string tasks_text(const model::Snapshot& snapshot) {
  const HeldNames names = held_names(snapshot);
  std::string text = "[";
  for (const model::Task& task : snapshot.tasks) {
    text += text.size() > 1 ? ",\n  " : "\n  ";
    text += json_element(json_task(snapshot, names, task), 2);
  }
  return text + (snapshot.tasks.empty() ? "]" : "\n ]");
}

// `json` with "tasks", which is empty there, filled in. No string of a JSON text has a line's end,
// and only a member of the report itself stands one blank from the margin.
std::string with_tasks(std::string text, const std::string& tasks) {
  constexpr std::string_view kPlace = "\n \"tasks\": []";
  const size_t at = text.find(kPlace);
  if (at == std::string::npos) return text;
  return text.replace(at + kPlace.size() - 2, 2, tasks);
}

}  // namespace

std::string report_json(const model::Report& report) {
  const model::Snapshot& snapshot = report.snapshot;
  Json json = {{"schema", kJsonSchema},
               {"tool", json_tool()},
               {"dump", json_dump(snapshot.dump)},
               {"debuginfo", json_debuginfo(snapshot.debuginfo)},
               {"kernel", json_kernel(snapshot.kernel)}};
  json["findings"] = json_list(report.findings, json_finding);
  json["cpus"] =
      json_list(snapshot.cpus, [&](const model::Cpu& cpu) { return json_cpu(snapshot, cpu); });
  json["tasks"] = Json::array();
  json["locks"] = json_locks(snapshot);
  json["lockdep"] = json_lockdep(snapshot);
  json["softirqs"] = json_softirqs(snapshot);
  json["splats"] = json_splats(snapshot.splats);
  json["modules"] = json_list(snapshot.modules, json_module);
  json["scan"] = json_scan(snapshot.scan);
  json["problems"] = json_problems(snapshot.problems);
  return with_tasks(json_dumped(json), tasks_text(snapshot));
}

}  // namespace kmortem::report
