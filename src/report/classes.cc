// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/classes.h"

#include <fmt/core.h>

#include "base/hex.h"
#include "report/json_lockdep.h"
#include "report/layout.h"
#include "report/printable.h"

namespace kmortem::report {

namespace {

// As lockdep prints it in {outer:inner}: an unset outer type is the inner one.
std::string wait_text(const model::LockClass& lock_class) {
  const unsigned outer =
      lock_class.wait_type_outer != 0 ? lock_class.wait_type_outer : lock_class.wait_type_inner;
  return fmt::format("{}:{}", outer, lock_class.wait_type_inner);
}

std::string key_text(const model::LockClass& lock_class) {
  return lock_class.key_symbol.empty() ? hex_address(lock_class.key)
                                       : printable(lock_class.key_symbol);
}

std::vector<std::string> direct_neighbours(const model::Lockdep& lockdep,
                                           const std::vector<unsigned>& entries) {
  std::vector<std::string> names;
  for (const unsigned entry : entries) {
    if (entry >= lockdep.dependencies.size()) continue;
    const model::Dependency& dependency = lockdep.dependencies[entry];
    const model::LockClass* to = lockdep.find(dependency.to);
    if (to != nullptr && dependency.distance == 1) names.push_back(printable(to->name));
  }
  return names;
}

std::string tables_text(const model::Lockdep& lockdep) {
  std::string text;
  for (const model::TableFill& fill : lockdep.tables) {
    if (!text.empty()) text += ", ";
    text += fmt::format("{} {} of {}", fill.name, fill.used, fill.capacity);
  }
  return text;
}

}  // namespace

std::string classes_text(const model::Snapshot& snapshot, const TextOptions& options) {
  const model::Lockdep& lockdep = snapshot.lockdep;
  if (!lockdep.present) return "this kernel has no lockdep (CONFIG_LOCKDEP)\n";
  const Style style(options.colour);

  std::vector<std::vector<std::string>> rows = {
      {"INDEX", "USAGE", "WAIT", "AFTER", "BEFORE", "KEY", "NAME"}};
  for (const model::LockClass& lock_class : lockdep.classes) {
    rows.push_back({std::to_string(lock_class.index), "{" + printable(lock_class.usage) + "}",
                    wait_text(lock_class), std::to_string(lock_class.locks_after.size()),
                    std::to_string(lock_class.locks_before.size()), key_text(lock_class),
                    printable(lock_class.name)});
  }
  const std::string body = table(rows, {true, false, false, true, true});

  std::string text;
  size_t row = 0;
  for (size_t begin = 0; begin < body.size(); ++row) {
    const size_t end = body.find('\n', begin);
    const std::string line = body.substr(begin, end - begin);
    text += (row == 0 ? style.bold(line) : line) + "\n";
    begin = end + 1;
    if (!options.verbose || row == 0) continue;
    for (const auto& name : direct_neighbours(lockdep, lockdep.classes[row - 1].locks_after)) {
      text += "       -> " + name + "\n";
    }
  }
  text += "\n" + count_text(lockdep.classes.size(), "class", "classes");
  if (!lockdep.enabled) text += ", as of the moment when lockdep stopped";
  text += lockdep.tables.empty() ? "\n" : "; " + tables_text(lockdep) + "\n";
  return text;
}

std::string class_text(const model::Lockdep& lockdep, const model::LockClass& lock_class) {
  std::string text = fmt::format("{}\n  class      {} at {}\n", printable(lock_class.name),
                                 lock_class.index, hex_address(lock_class.address));
  text += fmt::format("  usage      {{{}}}   wait types {}\n", printable(lock_class.usage),
                      wait_text(lock_class));
  text += fmt::format("  key        {}\n", key_text(lock_class));
  for (const auto& name : direct_neighbours(lockdep, lock_class.locks_after)) {
    text += "  then       " + name + "\n";
  }
  for (const auto& name : direct_neighbours(lockdep, lock_class.locks_before)) {
    text += "  under      " + name + "\n";
  }
  return text;
}

std::string classes_json(const model::Snapshot& snapshot) {
  Json json = {{"schema", "kmortem-classes/1"}};
  json["lockdep"] = json_lockdep(snapshot);
  json["problems"] = json_problems(snapshot.problems);
  return json_dumped(json);
}

}  // namespace kmortem::report
