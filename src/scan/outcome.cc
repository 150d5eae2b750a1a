// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/outcome.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace kmortem::scan {

namespace {

using Json = nlohmann::json;

Json to_json(const FindingRow& row) {
  return {{"rule", row.rule},
          {"severity", row.severity},
          {"grade", row.grade},
          {"title", row.title},
          {"signature", row.signature},
          {"locks", row.locks},
          {"consequence_of", row.consequence_of ? Json(*row.consequence_of) : Json(nullptr)}};
}

FindingRow finding_of(const Json& json) {
  FindingRow row;
  json.at("rule").get_to(row.rule);
  json.at("severity").get_to(row.severity);
  json.at("grade").get_to(row.grade);
  json.at("title").get_to(row.title);
  json.at("signature").get_to(row.signature);
  json.at("locks").get_to(row.locks);
  const Json& cause = json.at("consequence_of");
  if (!cause.is_null()) row.consequence_of = cause.get<int64_t>();
  return row;
}

Outcome outcome_of(const Json& json) {
  Outcome outcome;
  outcome.status = status_of(json.at("status").get<std::string>());
  json.at("reason").get_to(outcome.reason);
  json.at("release").get_to(outcome.release);
  json.at("version").get_to(outcome.version);
  json.at("build_id").get_to(outcome.build_id);
  json.at("host").get_to(outcome.host);
  json.at("format").get_to(outcome.format);
  json.at("panic").get_to(outcome.panic);
  json.at("crashed_at").get_to(outcome.crashed_at);
  json.at("uptime_ms").get_to(outcome.uptime_ms);
  json.at("present_bytes").get_to(outcome.present_bytes);
  json.at("parsed_vmlinux").get_to(outcome.parsed_vmlinux);
  json.at("report").get_to(outcome.report);
  for (const Json& finding : json.at("findings")) outcome.findings.push_back(finding_of(finding));
  return outcome;
}

}  // namespace

std::string_view status_text(Status status) {
  switch (status) {
    case Status::analysed:
      return "analysed";
    case Status::log_only:
      return "log-only";
    case Status::no_vmlinux:
      return "no-vmlinux";
    case Status::unreadable:
      return "unreadable";
    case Status::timeout:
      return "timeout";
    case Status::out_of_memory:
      return "out-of-memory";
    case Status::crashed:
      break;
  }
  return "crashed";
}

Status status_of(std::string_view text) {
  const auto* found = std::ranges::find(kStatuses, text, status_text);
  return found == std::end(kStatuses) ? Status::crashed : *found;
}

std::string outcome_message(const Outcome& outcome) {
  Json json = {{"status", status_text(outcome.status)},
               {"reason", outcome.reason},
               {"release", outcome.release},
               {"version", outcome.version},
               {"build_id", outcome.build_id},
               {"host", outcome.host},
               {"format", outcome.format},
               {"panic", outcome.panic},
               {"crashed_at", outcome.crashed_at},
               {"uptime_ms", outcome.uptime_ms},
               {"present_bytes", outcome.present_bytes},
               {"parsed_vmlinux", outcome.parsed_vmlinux},
               {"report", outcome.report}};
  json["findings"] = Json::array();
  for (const FindingRow& row : outcome.findings) json["findings"].push_back(to_json(row));
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Outcome> parse_outcome(const std::string& message) {
  const Json json = Json::parse(message, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return fail("the worker's answer is cut off");
  try {
    return outcome_of(json);
  } catch (const Json::exception& error) {
    return fail(std::string("the worker's answer makes no sense: ") + error.what());
  }
}

}  // namespace kmortem::scan
