// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/json_parts.h"

#include "base/hex.h"
#include "report/frame_words.h"
#include "report/grade_text.h"

namespace kmortem::report {

namespace {

const char* severity_text(model::Severity severity) {
  switch (severity) {
    case model::Severity::error:
      return "error";
    case model::Severity::warning:
      return "warning";
    case model::Severity::note:
      return "note";
  }
  return "note";
}

const char* vmcoreinfo_text(model::VmcoreinfoSource source) {
  switch (source) {
    case model::VmcoreinfoSource::none:
      return "none";
    case model::VmcoreinfoSource::note:
      return "note";
    case model::VmcoreinfoSource::memory:
      return "memory";
  }
  return "none";
}

Json json_task_ref(const model::TaskRef& task) {
  return {{"pid", task.pid},
          {"comm", task.comm},
          {"cpu", task.cpu < 0 ? Json(nullptr) : Json(task.cpu)},
          {"address", json_address(task.address)},
          {"role", task.role == model::Role::owner ? "owner" : "waiter"}};
}

Json json_evidence(const model::Evidence& evidence) {
  return {{"text", evidence.text},
          {"address", evidence.address ? Json(hex_address(*evidence.address)) : Json(nullptr)},
          {"stack", json_stack(evidence.stack)}};
}

}  // namespace

Json json_address(uint64_t address) {
  return address == 0 ? Json(nullptr) : Json(hex_address(address));
}

Json json_text(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json json_frame(const model::Frame& frame) {
  return JsonObject(11)
      .add("pc", hex_address(frame.pc))
      .add("function", json_text(frame.function))
      .add("offset", frame.function.empty() ? Json(nullptr) : Json(frame.offset))
      .add("module", json_text(frame.module))
      .add("file", json_text(frame.file))
      .add("line", frame.file.empty() ? Json(nullptr) : Json(frame.line))
      .add("inlined", frame.inlined)
      .add("found_by", found_by_text(frame.found_by))
      .add("context", context_text(frame.context))
      .add("interrupted", frame.interrupted)
      .add("note", json_text(frame.note))
      .take();
}

Json json_stack(const model::Stack& stack) {
  Json frames = Json::array();
  for (const model::Frame& frame : stack) frames.push_back(json_frame(frame));
  return frames;
}

Json json_stack_state(const model::StackState& state) {
  if (!state.read) return nullptr;
  Json registers = Json::array();
  for (const model::SavedRegisters& saved : state.registers) {
    Json values = Json::object();
    for (const model::RegisterValue& each : saved.values) {
      values[std::string(each.name)] = hex_address(each.value);
    }
    registers.push_back({{"frame", saved.user ? Json(nullptr) : Json(saved.frame)},
                         {"address", json_address(saved.address)},
                         {"values", std::move(values)}});
  }
  return {{"complete", state.complete},
          {"from_saved_frame", state.from_saved_frame},
          {"in_user_mode", state.in_user_mode},
          {"stopped_because", json_text(state.stopped_because)},
          {"registers", std::move(registers)}};
}

Json json_lock_ref(const model::LockRef& lock) {
  return {{"name", json_text(lock.name)},
          {"address", json_address(lock.address)},
          {"type", json_text(lock.type)},
          {"class", json_text(lock.lock_class)},
          {"symbol", json_text(lock.symbol)}};
}

HeldNames held_names(const model::Snapshot& snapshot) {
  HeldNames names;
  for (const model::Task& task : snapshot.tasks) {
    for (const model::HeldLock& lock : task.held_locks) names.try_emplace(lock.address);
    if (task.one_past_top) names.try_emplace(task.one_past_top->address);
  }
  for (const model::LockMap& map : snapshot.scan.maps) {
    const auto it = names.find(map.address);
    if (it != names.end()) it->second = map.name;
  }
  return names;
}

Json json_held_lock(const model::Snapshot& snapshot, const HeldNames& names,
                    const model::HeldLock& lock) {
  const model::LockClass* lock_class = snapshot.lockdep.find(lock.class_index);
  const auto known = names.find(lock.address);
  std::string name = known == names.end() ? "" : known->second;
  if (name.empty() && lock_class != nullptr) name = lock_class->raw_name;
  if (name.empty() && lock_class != nullptr) name = lock_class->name;
  return JsonObject(12)
      .add("address", json_address(lock.address))
      .add("name", json_text(name))
      .add("class", lock_class == nullptr ? Json(nullptr) : Json(lock_class->name))
      .add("class_index", lock.class_index < 0 ? Json(nullptr) : Json(lock.class_index))
      .add("acquired_at", json_frame(lock.acquired_at))
      .add("read", lock.read)
      .add("trylock", lock.trylock)
      .add("irq_context", lock.irq_context)
      .add("hardirqs_off", lock.hardirqs_off)
      .add("check", lock.check)
      .add("nest_lock", json_address(lock.nest_lock))
      .add("references", lock.references)
      .take();
}

Json json_finding(const model::Finding& finding) {
  Json json = {{"rule", finding.rule},
               {"severity", severity_text(finding.severity)},
               {"grade", grade_text(finding.grade)},
               {"title", finding.title},
               {"explanation", finding.explanation},
               {"remedy", finding.remedy}};
  json["locks"] = Json::array();
  for (const model::LockRef& lock : finding.locks) json["locks"].push_back(json_lock_ref(lock));
  json["tasks"] = Json::array();
  for (const model::TaskRef& task : finding.tasks) json["tasks"].push_back(json_task_ref(task));
  json["evidence"] = Json::array();
  for (const auto& evidence : finding.evidence) json["evidence"].push_back(json_evidence(evidence));
  json["signature"] = finding.signature;
  json["consequence_of"] = finding.consequence_of ? Json(*finding.consequence_of) : Json(nullptr);
  return json;
}

Json json_problems(const model::Problems& problems) {
  Json json = Json::array();
  for (const model::Problem& problem : problems.all()) {
    json.push_back({{"structure", problem.structure},
                    {"address", json_address(problem.address)},
                    {"reason", problem.reason},
                    {"consequence", problem.consequence},
                    {"count", problem.count}});
  }
  return json;
}

Json json_dump(const model::DumpInfo& dump) {
  Json parts = Json::array();
  for (const model::DumpPart& part : dump.parts) {
    parts.push_back(
        {{"path", part.path}, {"begin", hex_address(part.begin)}, {"end", hex_address(part.end)}});
  }
  return {{"path", dump.path},
          {"format", dump.format},
          {"flattened", dump.flattened},
          {"packed_in", dump.packed_in},
          {"piped", dump.piped},
          {"parts", parts},
          {"missing_pages", dump.missing_pages},
          {"register_notes", dump.registers.cpus},
          {"control_register_notes", dump.registers.control_cpus},
          {"compression", dump.compression},
          {"file_size", dump.file_size},
          {"truncated", dump.truncated},
          {"present_bytes", dump.present_bytes},
          {"excluded_pages", dump.excluded_pages},
          {"dump_level", dump.dump_level < 0 ? Json(nullptr) : Json(dump.dump_level)},
          {"vmcoreinfo", vmcoreinfo_text(dump.vmcoreinfo)},
          {"release", json_text(dump.release)},
          {"build_id", json_text(dump.build_id)},
          {"kaslr_offset", hex_address(dump.kaslr_offset)},
          {"kaslr_from", json_text(dump.kaslr_from)},
          {"page_tables", json_text(dump.page_tables)},
          {"phys_base", hex_address(dump.phys_base)},
          {"page_table_levels",
           dump.page_table_levels == 0 ? Json(nullptr) : Json(dump.page_table_levels)},
          {"panic_time", json_text(dump.panic_time)}};
}

Json json_debuginfo(const model::DebuginfoInfo& debuginfo) {
  return {{"path", json_text(debuginfo.path)},
          {"from_profile", debuginfo.from_profile},
          {"from_cache", debuginfo.from_cache},
          {"build_id", json_text(debuginfo.build_id)},
          {"matched_by_build_id", debuginfo.matched_by_build_id}};
}

Json json_kernel(const model::KernelInfo& kernel) {
  return {
      {"release", json_text(kernel.release)},
      {"version", json_text(kernel.version)},
      {"banner", json_text(kernel.banner)},
      {"node_name", json_text(kernel.node_name)},
      {"machine", json_text(kernel.machine)},
      {"command_line", json_text(kernel.command_line)},
      {"uptime_ns", kernel.uptime_ns == 0 ? Json(nullptr) : Json(kernel.uptime_ns)},
      {"crash_time", kernel.crash_time == 0 ? Json(nullptr) : Json(kernel.crash_time)},
      {"tainted", kernel.tainted},
      {"taint_flags", kernel.taint_flags},
      {"panic_message", json_text(kernel.panic_message)},
      {"panic_cpu", kernel.panic_cpu < 0 ? Json(nullptr) : Json(kernel.panic_cpu)},
      {"possible_cpus", kernel.possible_cpus == 0 ? Json(nullptr) : Json(kernel.possible_cpus)}};
}

Json json_tool() {
  return {{"name", "kmortem"}, {"version", KMORTEM_VERSION}};
}

std::string json_element(const Json& json, int depth) {
  std::string text = json.dump(1, ' ', false, Json::error_handler_t::replace);
  const std::string margin = "\n" + std::string(static_cast<size_t>(depth), ' ');
  std::string result;
  result.reserve(text.size() + text.size() / 4);
  for (const char c : text) c == '\n' ? result.append(margin) : result.append(1, c);
  return result;
}

std::string json_dumped(const Json& json) {
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace kmortem::report
