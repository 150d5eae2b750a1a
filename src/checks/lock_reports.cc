// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/lock_reports.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/hex.h"
#include "checks/splat_rules.h"

namespace kmortem::checks {

namespace {

using model::Splat;
using model::SplatLock;
using model::SplatType;

bool is_lock_report(const Splat& splat) {
  return model::is_lockdep_report(splat.type) ||
         (splat.type == SplatType::deadlock_other &&
          splat.title.find("Nested lock was not taken") != std::string::npos);
}

// The first line of the splat from line `from` on that has `text`; lines.size() without one.
size_t find_line(const std::vector<LogLine>& lines, const Splat& splat, size_t from,
                 std::string_view text) {
  const size_t end = std::min(lines.size(), splat.last_line);
  for (size_t i = from == 0 ? 0 : from - 1; i < end; ++i) {
    if (lines[i].text.find(text) != std::string_view::npos) return i;
  }
  return lines.size();
}

LogLine line_at(const std::vector<LogLine>& lines, size_t index) {
  return index < lines.size() ? lines[index] : LogLine();
}

std::string place_text(const model::Frame& frame) {
  if (frame.function.empty()) return "";
  std::string text = frame.function + "+" + hex_short(frame.offset);
  if (frame.function_size != 0) text += "/" + hex_short(frame.function_size);
  return frame.module.empty() ? text : text + " [" + frame.module + "]";
}

const SplatLock* lock_of(const Splat& splat) {
  const SplatLock* acquiring = splat.lock(model::SplatRole::acquiring);
  if (acquiring != nullptr) return acquiring;
  return splat.locks.empty() ? nullptr : &splat.locks.front();
}

void read_lock(const Splat& splat, const std::vector<LogLine>& lines, LockReport& report) {
  const SplatLock* lock = lock_of(splat);
  if (lock == nullptr) return;
  report.lock = line_at(lines, find_line(lines, splat, lock->line, "(" + lock->name + ")"));
  report.lock_name = lock->name;
  // A hashed pointer has zeros in its upper half; kernel addresses have the top bit set.
  if ((lock->address >> 63) != 0) report.lock_address = lock->address;
  report.taken_at = place_text(lock->at);
}

}  // namespace

std::vector<LockReport> lock_reports(const std::vector<Splat>& splats,
                                     const std::vector<LogLine>& lines) {
  std::vector<LockReport> reports;
  for (const Splat& splat : splats) {
    if (!is_lock_report(splat)) continue;
    LockReport report;
    report.rule = splat_rule(splat);
    report.title_line = find_line(lines, splat, splat.first_line, splat.title);
    const LogLine as_read{splat.time_ns.value_or(0), splat.title};
    report.title = report.title_line < lines.size() ? lines[report.title_line] : as_read;
    report.usage = line_at(lines, find_line(lines, splat, splat.first_line, "inconsistent {"));
    if (!splat.tasks.empty()) report.taken_by = splat.tasks.front().printed;
    read_lock(splat, lines, report);
    reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace kmortem::checks
