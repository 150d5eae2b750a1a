// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/log.h"

#include <fmt/core.h>

#include "report/json_parts.h"
#include "report/printable.h"

namespace kmortem::report {

namespace {

// As print_prefix() in kernel/printk/printk.c lays it out.
std::string prefix(const model::LogRecord& record, bool caller) {
  constexpr uint64_t kSecond = 1'000'000'000;
  std::string text =
      fmt::format("[{:5}.{:06}]", record.time_ns / kSecond, record.time_ns % kSecond / 1000);
  if (caller && !record.caller.empty()) text += fmt::format("[{:>6}]", record.caller);
  return text + " ";
}

}  // namespace

std::string log_text(const model::Snapshot& snapshot, bool callers) {
  std::string text;
  for (const model::LogRecord& record : snapshot.log) {
    const std::string head = prefix(record, callers);
    std::string_view rest = record.text;
    while (true) {
      const size_t end = rest.find('\n');
      text += head + printable(rest.substr(0, end), true) + "\n";
      if (end == std::string_view::npos) break;
      rest.remove_prefix(end + 1);
    }
  }
  return text;
}

std::string log_json(const model::Snapshot& snapshot) {
  Json json = {{"schema", "kmortem-log/1"}};
  json["log"] = Json::array();
  for (const model::LogRecord& record : snapshot.log) {
    json["log"].push_back({{"sequence", record.sequence},
                           {"time_ns", record.time_ns},
                           {"level", record.level},
                           {"facility", record.facility},
                           {"caller", json_text(record.caller)},
                           {"text", record.text}});
  }
  json["problems"] = json_problems(snapshot.problems);
  return json_dumped(json);
}

}  // namespace kmortem::report
