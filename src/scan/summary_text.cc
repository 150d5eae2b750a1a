// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/chrono.h>
#include <fmt/core.h>

#include <ctime>
#include <nlohmann/json.hpp>

#include "report/printable.h"
#include "scan/summary.h"

namespace kmortem::scan {

namespace {

using Json = nlohmann::ordered_json;

// More failures than these are for the database.
constexpr size_t kFailuresShown = 20;

std::string plural(int64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string head(const Summary& summary) {
  std::string text = plural(summary.dumps, "dump");
  const char* separator = ": ";
  for (const auto& [status, count] : summary.by_status) {
    text += fmt::format("{}{} {}", separator, count, status);
    separator = ", ";
  }
  text += "\n";
  if (summary.dumps == 0) return text;
  text += fmt::format("{} with findings, {}, {}, {} to {}\n", summary.with_findings,
                      plural(static_cast<int64_t>(summary.kernels.size()), "kernel"),
                      plural(summary.hosts, "host"), time_text(summary.first_seen),
                      time_text(summary.last_seen));
  return text;
}

std::string bug_line(const Bug& bug) {
  return fmt::format("{:>6} {:>6} {:>7}  {}  {}  {}\n{:>60}{}\n", bug.dumps, bug.hosts, bug.kernels,
                     time_text(bug.first_seen), time_text(bug.last_seen),
                     report::printable(bug.signature), "", report::printable(bug.title));
}

Json bug_json(const Bug& bug) {
  return {{"signature", bug.signature},
          {"rule", bug.rule},
          {"severity", bug.severity},
          {"title", bug.title},
          {"dumps", bug.dumps},
          {"hosts", bug.hosts},
          {"kernels", bug.kernels},
          {"first_seen", time_text(bug.first_seen)},
          {"last_seen", time_text(bug.last_seen)},
          {"only_consequence", bug.only_consequence}};
}

}  // namespace

std::string time_text(int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts = {};
  if (gmtime_r(&time, &parts) == nullptr) return "?";
  return fmt::format("{:%Y-%m-%d %H:%M}", parts);
}

std::string summary_text(const Summary& summary) {
  std::string text = head(summary);
  if (!summary.bugs.empty()) {
    text += fmt::format("\n{:>6} {:>6} {:>7}  {:16}  {:16}  {}\n", "dumps", "hosts", "kernels",
                        "first seen", "last seen", "bug");
    for (const Bug& bug : summary.bugs) {
      if (!bug.only_consequence) text += bug_line(bug);
    }
  }
  if (!summary.kernels.empty()) text += "\n dumps  found  kernel\n";
  for (const KernelCount& kernel : summary.kernels) {
    text += fmt::format("{:>6} {:>6}  {} {}\n", kernel.dumps, kernel.with_findings,
                        report::printable(kernel.release), report::printable(kernel.version));
  }
  if (!summary.failures.empty()) text += "\nnot analysed:\n";
  for (size_t i = 0; i < summary.failures.size() && i < kFailuresShown; ++i) {
    const auto& [path, reason] = summary.failures[i];
    text += fmt::format("  {}\n    {}\n", report::printable(path), report::printable(reason));
  }
  if (summary.failures.size() > kFailuresShown) {
    text += fmt::format("  and {} more\n", summary.failures.size() - kFailuresShown);
  }
  return text;
}

std::string summary_json(const Summary& summary) {
  Json json = {{"schema", "kmortem-scan-summary/1"},
               {"dumps", summary.dumps},
               {"with_findings", summary.with_findings},
               {"hosts", summary.hosts}};
  json["first_seen"] = summary.dumps == 0 ? Json(nullptr) : Json(time_text(summary.first_seen));
  json["last_seen"] = summary.dumps == 0 ? Json(nullptr) : Json(time_text(summary.last_seen));
  json["by_status"] = Json::object();
  for (const auto& [status, count] : summary.by_status) json["by_status"][status] = count;
  json["bugs"] = Json::array();
  for (const Bug& bug : summary.bugs) json["bugs"].push_back(bug_json(bug));
  json["kernels"] = Json::array();
  for (const KernelCount& kernel : summary.kernels) {
    json["kernels"].push_back({{"release", kernel.release},
                               {"version", kernel.version},
                               {"dumps", kernel.dumps},
                               {"with_findings", kernel.with_findings}});
  }
  json["failures"] = Json::array();
  for (const auto& [path, reason] : summary.failures) {
    json["failures"].push_back({{"path", path}, {"reason", reason}});
  }
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace kmortem::scan
