// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/json_lockdep.h"

#include <fmt/core.h>

#include "base/hex.h"

namespace kmortem::report {

namespace {

// The bits of enum lock_usage_bit, four a state, in lockdep's own words.
std::string usage_bit_name(const model::LockdepFeatures& features, unsigned bit) {
  if (static_cast<int>(bit) == features.used_bit) return "INITIAL USE";
  if (static_cast<int>(bit) == features.used_read_bit) return "INITIAL READ USE";
  const unsigned state = bit / 4;
  if (state >= features.states.size()) return fmt::format("bit {}", bit);
  const std::string& name = features.states[state];
  const char* access = (bit & 1) != 0 ? "R" : "W";
  return (bit & 2) != 0 ? fmt::format("{}-ON-{}", name, access)
                        : fmt::format("IN-{}-{}", name, access);
}

Json trace_or_null(int trace) {
  return trace < 0 ? Json(nullptr) : Json(trace);
}

Json json_usages(const model::Lockdep& lockdep, const model::LockClass& lock_class) {
  Json usages = Json::array();
  for (unsigned bit = 0; bit < 64; ++bit) {
    if (((lock_class.usage_mask >> bit) & 1) == 0) continue;
    const int trace = bit < lock_class.usage_traces.size() ? lock_class.usage_traces[bit] : -1;
    usages.push_back(JsonObject(2)
                         .add("usage", usage_bit_name(lockdep.features, bit))
                         .add("trace", trace_or_null(trace))
                         .take());
  }
  return usages;
}

Json class_or_null(int index) {
  return index < 0 ? Json(nullptr) : Json(index);
}

Json json_dependencies(const model::Lockdep& lockdep) {
  Json dependencies = Json::array();
  // Each is stored twice; the forward list has it in the direction in which locks were taken.
  for (const model::LockClass& lock_class : lockdep.classes) {
    for (const unsigned entry : lock_class.locks_after) {
      if (entry >= lockdep.dependencies.size()) continue;
      const model::Dependency& dependency = lockdep.dependencies[entry];
      dependencies.push_back(JsonObject(5)
                                 .add("from", class_or_null(dependency.from))
                                 .add("to", class_or_null(dependency.to))
                                 .add("distance", dependency.distance)
                                 .add("dep", dependency.dep)
                                 .add("trace", trace_or_null(dependency.trace))
                                 .take());
    }
  }
  return dependencies;
}

Json json_tables(const model::Lockdep& lockdep) {
  Json tables = Json::array();
  for (const model::TableFill& table : lockdep.tables) {
    tables.push_back({{"name", table.name}, {"used", table.used}, {"capacity", table.capacity}});
  }
  return tables;
}

Json json_traces(const model::Lockdep& lockdep) {
  Json traces = Json::array();
  for (const auto& trace : lockdep.traces) {
    Json pcs = Json::array();
    for (const uint64_t pc : trace) pcs.push_back(hex_address(pc));
    traces.push_back(std::move(pcs));
  }
  return traces;
}

}  // namespace

Json json_class(const model::Lockdep& lockdep, const model::LockClass& lock_class) {
  return JsonObject(15)
      .add("index", lock_class.index)
      .add("address", json_address(lock_class.address))
      .add("name", lock_class.name)
      .add("raw_name", json_text(lock_class.raw_name))
      .add("name_version", lock_class.name_version)
      .add("key", json_address(lock_class.key))
      .add("key_symbol", json_text(lock_class.key_symbol))
      .add("subclass", lock_class.subclass)
      .add("usage", lock_class.usage)
      .add("usage_mask", lock_class.usage_mask)
      .add("usages", json_usages(lockdep, lock_class))
      .add("wait_type_inner", lock_class.wait_type_inner)
      .add("wait_type_outer", lock_class.wait_type_outer)
      .add("lock_type", lock_class.lock_type)
      .add("ops", lockdep.features.debug_lockdep ? Json(lock_class.ops) : Json(nullptr))
      .take();
}

Json json_lockdep(const model::Snapshot& snapshot) {
  const model::Lockdep& lockdep = snapshot.lockdep;
  Json json = {{"present", lockdep.present},
               {"enabled", lockdep.enabled},
               {"silent", lockdep.silent},
               {"read_completely", lockdep.read_completely}};
  json["classes"] = Json::array();
  for (const model::LockClass& lock_class : lockdep.classes) {
    json["classes"].push_back(json_class(lockdep, lock_class));
  }
  json["dependencies"] = json_dependencies(lockdep);
  json["tables"] = json_tables(lockdep);
  json["inconsistencies"] = lockdep.inconsistencies;
  json["traces"] = json_traces(lockdep);
  return json;
}

}  // namespace kmortem::report
