// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/softirqs.h"

#include <fmt/core.h>

#include "base/hex.h"
#include "report/layout.h"
#include "report/printable.h"

namespace kmortem::report {

namespace {

std::vector<int> pending_cpus(const model::Snapshot& snapshot, unsigned vector) {
  std::vector<int> cpus;
  for (const model::Cpu& cpu : snapshot.cpus) {
    if (!cpu.softirq_pending_known || vector >= 32) continue;
    if (((cpu.softirq_pending >> vector) & 1) != 0) cpus.push_back(cpu.number);
  }
  return cpus;
}

std::string pending_text(const model::Snapshot& snapshot, unsigned vector) {
  std::string text;
  for (const int cpu : pending_cpus(snapshot, vector)) {
    text += text.empty() ? fmt::format("CPU {}", cpu) : fmt::format(", {}", cpu);
  }
  return text.empty() ? "-" : text;
}

std::string action_text(const model::Softirq& softirq) {
  if (softirq.action == 0) return "-";
  if (softirq.action_symbol.empty()) return hex_address(softirq.action);
  return printable(softirq.action_symbol);
}

std::string remark(const model::Snapshot& snapshot, const model::Softirq& softirq) {
  if (softirq.action != 0) {
    return softirq.action_in_text ? "" : "NOT in the text of the kernel or a module";
  }
  if (!pending_cpus(snapshot, softirq.vector).empty()) return "empty, yet PENDING";
  const std::string reason = empty_vector_reason(softirq.name);
  return reason.empty() ? "empty" : "empty: " + reason;
}

}  // namespace

std::string empty_vector_reason(const std::string& name) {
  if (name == "HRTIMER") {
    return "kernels 4.2 to 4.15 never open it; before, only with CONFIG_HIGH_RES_TIMERS: "
           "hrtimers expire in the hard interrupt";
  }
  if (name == "BLOCK") return "a kernel without block devices";
  if (name == "BLOCK_IOPOLL" || name == "IRQ_POLL") return "no driver polls (CONFIG_IRQ_POLL)";
  if (name == "NET_TX" || name == "NET_RX") return "a kernel without networking";
  if (name == "SCHED") return "a kernel for one CPU";
  if (name == "RCU") return "rcutree.use_softirq=0: RCU runs in kthreads";
  return {};
}

std::string softirqs_text(const model::Snapshot& snapshot, const TextOptions& options) {
  if (snapshot.softirqs.empty()) return "softirq_vec could not be read\n";
  const Style style(options.colour);
  std::vector<std::vector<std::string>> rows = {{"VECTOR", "NAME", "ACTION", "PENDING", "REMARK"}};
  for (const model::Softirq& softirq : snapshot.softirqs) {
    rows.push_back({std::to_string(softirq.vector), printable(softirq.name), action_text(softirq),
                    pending_text(snapshot, softirq.vector), remark(snapshot, softirq)});
  }
  std::string text = table(rows, {true});
  const size_t heading = text.find('\n');
  text = style.bold(text.substr(0, heading)) + text.substr(heading);

  for (const model::Cpu& cpu : snapshot.cpus) {
    if (cpu.softirq_pending_known) continue;
    text += fmt::format("what is pending on CPU {} could not be read\n", cpu.number);
  }
  return text;
}

Json json_softirqs(const model::Snapshot& snapshot) {
  Json list = Json::array();
  for (const model::Softirq& softirq : snapshot.softirqs) {
    const std::string note = remark(snapshot, softirq);
    list.push_back({{"vector", softirq.vector},
                    {"name", json_text(softirq.name)},
                    {"action", json_address(softirq.action)},
                    {"action_symbol", json_text(softirq.action_symbol)},
                    {"action_in_text", softirq.action_in_text},
                    {"pending_on", pending_cpus(snapshot, softirq.vector)},
                    {"remark", json_text(note)}});
  }
  return list;
}

std::string softirqs_json(const model::Snapshot& snapshot) {
  return json_dumped({{"schema", "kmortem-softirqs/1"}, {"softirqs", json_softirqs(snapshot)}});
}

}  // namespace kmortem::report
