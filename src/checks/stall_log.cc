// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/stall_log.h"

#include <charconv>

namespace kmortem::checks {

namespace {

/// The number right behind `mark` in `text`, or -1.
int number_after(std::string_view text, std::string_view mark) {
  const size_t at = text.find(mark);
  if (at == std::string_view::npos) return -1;
  text.remove_prefix(at + mark.size());
  int number = -1;
  const auto done = std::from_chars(text.data(), text.data() + text.size(), number);
  return done.ec == std::errc() ? number : -1;
}

/// "comm:pid": a comm may hold colons itself, the pid follows the last.
void read_task(std::string_view text, StallLine& stall) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return;
  const std::string_view digits = text.substr(colon + 1);
  int pid = -1;
  const auto done = std::from_chars(digits.data(), digits.data() + digits.size(), pid);
  if (done.ec != std::errc()) return;
  stall.pid = pid;
  stall.comm = text.substr(0, colon);
}

std::optional<StallLine> soft_lockup(std::string_view text) {
  if (text.find("BUG: soft lockup - CPU#") == std::string_view::npos) return std::nullopt;
  StallLine stall;
  stall.cpu = number_after(text, "soft lockup - CPU#");
  const size_t open = text.find('[');
  const size_t close = text.rfind(']');
  if (open != std::string_view::npos && close != std::string_view::npos && open < close) {
    read_task(text.substr(open + 1, close - open - 1), stall);
  }
  return stall;
}

std::optional<StallLine> hard_lockup(std::string_view text) {
  if (text.find("hard LOCKUP on cpu") == std::string_view::npos) return std::nullopt;
  StallLine stall;
  stall.kind = StallLine::Kind::hard_lockup;
  stall.cpu = number_after(text, "hard LOCKUP on cpu ");
  return stall;
}

std::optional<StallLine> hung_task(std::string_view text) {
  constexpr std::string_view kBegin = "INFO: task ";
  const size_t begin = text.find(kBegin);
  const size_t end = text.find(" blocked for more than ");
  if (begin == std::string_view::npos || end == std::string_view::npos) return std::nullopt;
  if (end < begin + kBegin.size()) return std::nullopt;
  StallLine stall;
  stall.kind = StallLine::Kind::hung_task;
  read_task(text.substr(begin + kBegin.size(), end - begin - kBegin.size()), stall);
  return stall;
}

std::optional<StallLine> rcu_stall(std::string_view text) {
  if (text.find("INFO: rcu") == std::string_view::npos) return std::nullopt;
  const bool own = text.find("self-detected stall on CPU") != std::string_view::npos;
  const bool others = text.find("detected stalls on CPUs") != std::string_view::npos;
  if (!own && !others) return std::nullopt;
  StallLine stall;
  stall.kind = StallLine::Kind::rcu_stall;
  return stall;
}

}  // namespace

std::vector<StallLine> stall_lines(const std::vector<LogLine>& lines) {
  std::vector<StallLine> stalls;
  for (const LogLine& line : lines) {
    for (auto* read : {soft_lockup, hard_lockup, hung_task, rcu_stall}) {
      auto stall = read(line.text);
      if (!stall) continue;
      stall->line = line;
      stalls.push_back(std::move(*stall));
      break;
    }
  }
  return stalls;
}

const StallLine* last_about_cpu(const std::vector<StallLine>& lines, StallLine::Kind kind,
                                int cpu) {
  for (size_t i = lines.size(); i-- > 0;) {
    if (lines[i].kind == kind && lines[i].cpu == cpu) return &lines[i];
  }
  return nullptr;
}

const StallLine* last_about_task(const std::vector<StallLine>& lines, const model::Task& task) {
  for (size_t i = lines.size(); i-- > 0;) {
    const StallLine& line = lines[i];
    if (line.kind == StallLine::Kind::hung_task && line.pid == task.pid) return &line;
  }
  return nullptr;
}

}  // namespace kmortem::checks
