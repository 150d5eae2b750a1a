// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/aliases.h"

#include <fmt/core.h>

#include "base/hex.h"
#include "model/lock_sharing.h"
#include "report/json_parts.h"
#include "report/layout.h"
#include "report/printable.h"

namespace kmortem::report {

namespace {

using model::ClassAlias;
using model::SharedKey;

std::string key_text(const SharedKey& shared) {
  const std::string address = hex_address(shared.key);
  return shared.symbol.empty() ? address : fmt::format("{}  {}", printable(shared.symbol), address);
}

std::string shared_text(const model::Snapshot& snapshot, const SharedKey& shared,
                        const Style& style) {
  std::string text = style.bold("key " + key_text(shared));
  const model::LockClass* registered = snapshot.lockdep.find(shared.class_index);
  text += registered == nullptr
              ? "   no class registered\n"
              : fmt::format("   class {}, wait type {}\n", printable(registered->name),
                            registered->wait_type_inner);
  std::vector<std::vector<std::string>> rows = {{"  LOCKS", "WAIT", "NAME", "FOR EXAMPLE"}};
  for (const model::KeyUser& user : shared.users) {
    std::string example = "-";
    if (!user.examples.empty()) {
      example = hex_address(user.examples.front()->address);
      const std::string& symbol = user.examples.front()->symbol;
      if (!symbol.empty()) example += fmt::format(" <{}>", printable(symbol));
    }
    rows.push_back({"  " + std::to_string(user.count), std::to_string(user.wait_type_inner),
                    printable(user.name), example});
  }
  return text + table(rows, {true, true});
}

std::string alias_lines(const std::vector<ClassAlias>& aliases, const Style& style) {
  std::vector<std::vector<std::string>> rows = {
      {"LOCKDEP_MAP", "WAIT", "NAME", "SLOT", "CACHED CLASS", "ITS WAIT", "SYMBOL"}};
  for (const ClassAlias& alias : aliases) {
    rows.push_back(
        {hex_address(alias.map->address), std::to_string(alias.map->wait_type_inner),
         printable(alias.map->name), std::to_string(alias.slot), printable(alias.lock_class->name),
         std::to_string(alias.lock_class->wait_type_inner), printable(alias.map->symbol)});
  }
  const std::string body = table(rows, {false, true, false, true, false, true});
  const size_t heading = body.find('\n');
  return style.bold(body.substr(0, heading)) + body.substr(heading);
}

std::string coverage_text(const model::MemoryScan& scan) {
  if (!scan.done) {
    return fmt::format("memory was not searched for locks{}{}: only classes were compared\n",
                       scan.why_not.empty() ? "" : ": ", printable(scan.why_not));
  }
  std::string text =
      fmt::format("{} found in {} of kernel memory", count_text(scan.maps.size(), "lock"),
                  size_text(scan.bytes_covered));
  if (scan.bytes_missing != 0) {
    text += fmt::format("; {} of it are not in the dump", size_text(scan.bytes_missing));
  }
  return text + "\n";
}

Json json_users(const SharedKey& shared) {
  Json users = Json::array();
  for (const model::KeyUser& user : shared.users) {
    Json examples = Json::array();
    for (const model::LockMap* map : user.examples) {
      examples.push_back(
          {{"address", json_address(map->address)}, {"symbol", json_text(map->symbol)}});
    }
    users.push_back({{"name", user.name},
                     {"locks", user.count},
                     {"used", user.used},
                     {"wait_type_inner", user.wait_type_inner},
                     {"wait_type_outer", user.wait_type_outer},
                     {"examples", examples}});
  }
  return users;
}

Json json_maps(const model::Snapshot& snapshot) {
  Json maps = Json::array();
  for (const model::LockMap& map : snapshot.scan.maps) {
    const model::LockClass* cached = snapshot.lockdep.find(map.class_cache[0]);
    maps.push_back({{"address", json_address(map.address)},
                    {"name", json_text(map.name)},
                    {"symbol", json_text(map.symbol)},
                    {"key", json_address(map.key)},
                    {"class", cached == nullptr ? Json(nullptr) : Json(cached->name)}});
  }
  return maps;
}

}  // namespace

std::string aliases_text(const model::Snapshot& snapshot, const TextOptions& options) {
  if (!snapshot.lockdep.present) return "this kernel has no lockdep (CONFIG_LOCKDEP)\n";
  const Style style(options.colour);
  const auto shared = model::shared_keys(snapshot);
  const auto aliases = model::class_aliases(snapshot);

  std::string text = shared.empty() ? "no key is shared by locks of different names\n" : "";
  for (const SharedKey& key : shared) text += shared_text(snapshot, key, style) + "\n";
  text += aliases.empty() ? "no lock has another lock's class\n" : alias_lines(aliases, style);
  return text + "\n" + coverage_text(snapshot.scan);
}

std::string aliases_json(const model::Snapshot& snapshot, bool every_map) {
  Json json = {{"schema", "kmortem-aliases/1"}};
  json["shared_keys"] = Json::array();
  for (const SharedKey& shared : model::shared_keys(snapshot)) {
    const model::LockClass* registered = snapshot.lockdep.find(shared.class_index);
    json["shared_keys"].push_back(
        {{"key", json_address(shared.key)},
         {"symbol", json_text(shared.symbol)},
         {"class", registered == nullptr ? Json(nullptr) : Json(registered->name)},
         {"validated", shared.validated},
         {"wait_types_differ", shared.wait_types_differ},
         {"users", json_users(shared)}});
  }
  json["aliases"] = Json::array();
  for (const ClassAlias& alias : model::class_aliases(snapshot)) {
    json["aliases"].push_back({{"address", json_address(alias.map->address)},
                               {"name", json_text(alias.map->name)},
                               {"symbol", json_text(alias.map->symbol)},
                               {"key", json_address(alias.map->key)},
                               {"wait_type_inner", alias.map->wait_type_inner},
                               {"wait_type_outer", alias.map->wait_type_outer},
                               {"slot", alias.slot},
                               {"class", alias.lock_class->name},
                               {"class_address", json_address(alias.lock_class->address)},
                               {"class_wait_type_inner", alias.lock_class->wait_type_inner},
                               {"class_wait_type_outer", alias.lock_class->wait_type_outer},
                               {"name_differs", alias.name_differs},
                               {"wait_type_differs", alias.wait_type_differs}});
  }
  if (every_map) json["maps"] = json_maps(snapshot);
  json["problems"] = json_problems(snapshot.problems);
  return json_dumped(json);
}

}  // namespace kmortem::report
