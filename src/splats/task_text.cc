// SPDX-License-Identifier: GPL-3.0-or-later
#include "splats/task_text.h"

#include <algorithm>
#include <array>

#include "splats/words.h"

namespace kmortem::splats {

namespace {

// TASK_COMM_LEN is 16; workers' comms are printed longer, and bytes may be escaped.
constexpr size_t kLongestComm = 80;

std::optional<int> pid_of(std::string_view text) {
  const auto pid = take_number(text);
  if (!pid || !text.empty() || *pid > INT32_MAX) return std::nullopt;
  return static_cast<int>(*pid);
}

std::optional<model::SplatTask> split_task(std::string_view text, char separator) {
  const size_t at = text.rfind(separator);
  if (at == std::string_view::npos || at > kLongestComm) return std::nullopt;
  const auto pid = pid_of(text.substr(at + 1));
  if (!pid) return std::nullopt;
  return model::SplatTask{std::string(text.substr(0, at)), *pid, std::string(text)};
}

bool is_release(std::string_view word) {
  if (word.empty() || !is_digit(word[0])) return false;
  const size_t dot = word.find('.');
  return dot != std::string_view::npos && dot <= 2 && dot + 1 < word.size() &&
         is_digit(word[dot + 1]);
}

// "G", "OEL", and the dashes that RHEL pads with.
bool is_flags(std::string_view word) {
  return std::all_of(word.begin(), word.end(),
                     [](char c) { return (c >= 'A' && c <= 'Z') || c == '-'; });
}

/// What stands behind "Not tainted" or "Tainted:": perhaps flags, then the release.
void read_tainted(std::string_view rest, bool tainted, std::string& flags, std::string& release) {
  constexpr std::string_view kBlank = " \t()";
  while (!rest.empty()) {
    const size_t begin = rest.find_first_not_of(kBlank);
    if (begin == std::string_view::npos) return;
    rest.remove_prefix(begin);
    const std::string_view word = rest.substr(0, rest.find_first_of(kBlank));
    if (is_release(word)) {
      release = std::string(word);
      return;
    }
    if (!is_flags(word)) return;
    for (const char flag : word) {
      if (!tainted || flag == '-') continue;
      if (!flags.empty()) flags += ' ';
      flags += flag;
    }
    rest.remove_prefix(word.size());
  }
}

size_t taint_at(std::string_view text) {
  size_t first = std::string_view::npos;
  for (const std::string_view mark : {"Not tainted", "Tainted:", "Kdump: loaded"}) {
    const size_t at = text.find(mark);
    if (at < first) first = at;
  }
  return first;
}

void read_taint_part(std::string_view text, CpuLine& line) {
  if (const auto clean = behind(text, "Not tainted")) {
    read_tainted(*clean, false, line.tainted, line.release);
  } else if (const auto flags = behind(text, "Tainted:")) {
    read_tainted(*flags, true, line.tainted, line.release);
  }
}

int int_or_none(std::string_view text) {
  const auto number = take_number(text);
  return number && *number <= INT32_MAX ? static_cast<int>(*number) : -1;
}

std::optional<CpuLine> old_cpu_line(std::string_view text) {
  CpuLine line;
  if (text.starts_with("Pid: ")) {
    const int pid = int_or_none(text.substr(5));
    const auto comm = behind(text, ", comm: ");
    if (pid < 0 || !comm) return std::nullopt;
    const size_t end = taint_at(*comm);
    line.task = joined_task(trimmed(comm->substr(0, end)), pid);
    read_taint_part(text, line);
    return line;
  }
  if (!text.starts_with("CPU: ") || taint_at(text) == std::string_view::npos) return std::nullopt;
  line.cpu = int_or_none(text.substr(5));
  read_taint_part(text, line);
  if (line.release.empty()) return std::nullopt;
  return line;
}

}  // namespace

std::optional<model::SplatTask> slash_task(std::string_view text) {
  return split_task(text, '/');
}

std::optional<model::SplatTask> colon_task(std::string_view text) {
  return split_task(text, ':');
}

model::SplatTask joined_task(std::string_view comm, int pid) {
  return {std::string(comm), pid, std::string(comm) + "/" + std::to_string(pid)};
}

std::optional<CpuLine> read_cpu_line(std::string_view text) {
  const size_t at = text.find("CPU: ");
  const auto pid = behind(text, " PID: ");
  const auto comm = behind(text, " Comm: ");
  if (at == std::string_view::npos || !pid || !comm) return old_cpu_line(text);
  CpuLine line;
  line.cpu = int_or_none(text.substr(at + 5));
  const size_t end = taint_at(*comm);
  const int number = int_or_none(*pid);
  const std::string_view name = trimmed(comm->substr(0, end));
  if (number >= 0 && name.size() <= kLongestComm) line.task = joined_task(name, number);
  read_taint_part(*comm, line);
  return line;
}

std::optional<HeldLine> read_held_line(std::string_view text) {
  constexpr std::string_view kHeld = " held by ";
  HeldLine held;
  std::string_view count = text;
  if (!take(count, "no")) {
    const auto number = take_number(count);
    if (!number || *number > 1000) return std::nullopt;
    held.count = *number;
  }
  if (!count.starts_with(" lock")) return std::nullopt;
  const auto who = behind(count, kHeld);
  if (!who) return std::nullopt;
  std::string_view name = trimmed(*who);
  // "X/1:", "X/1." and, of a lock list since 6.x, "X/1 (on CPU 3):".
  while (!name.empty() && (name.back() == ':' || name.back() == '.')) name.remove_suffix(1);
  auto task = slash_task(name);
  if (!task) {
    const size_t open = name.rfind(" (");
    if (open != std::string_view::npos) task = slash_task(name.substr(0, open));
  }
  if (!task) task = model::SplatTask{std::string(name), -1, std::string(name)};
  held.task = std::move(*task);
  return held;
}

std::optional<model::SplatTask> read_acting_task(std::string_view text) {
  constexpr std::array<std::string_view, 9> kMarks = {
      " [HC",
      " is trying to ",
      " just changed the state of lock",
      " is freeing memory ",
      " is leaving the kernel with locks still held",
      " is exiting with locks still held",
      " takes:",
      " is deadlocking current task",
      " still has locks held"};
  for (const std::string_view mark : kMarks) {
    const size_t end = text.find(mark);
    if (end == std::string_view::npos || end == 0) continue;
    std::string_view name = text.substr(0, end);
    // rt_mutex debugging counts: "1) x/12 is trying to acquire this lock:".
    std::string_view counted = name;
    if (take_number(counted) && take(counted, ") ")) name = counted;
    return slash_task(name);
  }
  return std::nullopt;
}

std::optional<model::SplatTask> read_task_dump(std::string_view text) {
  if (text.starts_with("task:")) {
    const size_t state = text.find(" state:");
    const auto pid = behind(text, " pid:");
    if (state == std::string_view::npos || !pid) return std::nullopt;
    const int number = int_or_none(trimmed(*pid));
    if (number < 0) return std::nullopt;
    return joined_task(trimmed(text.substr(5, state - 5)), number);
  }
  // "%-15.15s %c " and then "running task" or the free stack, pid, parent, flags.
  constexpr size_t kNameWidth = 15;
  if (text.size() < kNameWidth + 12) return std::nullopt;
  const size_t state = kNameWidth + (text[kNameWidth] == ' ' ? 1 : 0);
  if (std::string_view("RSDTtXZPIW").find(text[state]) == std::string_view::npos) {
    return std::nullopt;
  }
  std::string_view rest = trimmed(text.substr(state + 1));
  if (!take(rest, "running task")) {
    rest = trimmed(rest);
  }
  rest = trimmed(rest);
  if (!take_number(rest)) return std::nullopt;
  rest = trimmed(rest);
  const auto pid = take_number(rest);
  rest = trimmed(rest);
  if (!pid || *pid > INT32_MAX || !take_number(rest)) return std::nullopt;
  const std::string_view name = trimmed(text.substr(0, kNameWidth));
  return name.empty() ? std::nullopt : std::optional(joined_task(name, static_cast<int>(*pid)));
}

std::optional<Ident> read_ident(std::string_view text) {
  const size_t end = text.find(' ');
  const std::string_view word = text.substr(0, end);
  if (!is_release(word)) return std::nullopt;
  Ident ident;
  ident.release = std::string(word);
  const std::string_view rest = end == std::string_view::npos ? "" : text.substr(end);
  if (!rest.empty() && trimmed(rest)[0] != '#' && taint_at(rest) == std::string_view::npos) {
    return std::nullopt;
  }
  CpuLine line;
  read_taint_part(rest, line);
  ident.tainted = line.tainted;
  return ident;
}

}  // namespace kmortem::splats
