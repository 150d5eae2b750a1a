// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/lock_reports.h"

#include <array>
#include <charconv>
#include <optional>

namespace kmortem::checks {

namespace {

// A report names its lock within a few lines of its title; further on are other locks.
constexpr size_t kHeadLines = 16;

struct Title {
  std::string_view text;
  std::string_view rule;
};

// Each clears debug_locks. Facts from print_*() in kernel/locking/lockdep.c.
constexpr std::array<Title, 12> kTitles = {{
    {"inconsistent lock state", "irq-inconsistent"},
    {"Invalid wait context", "wait-context"},
    {"possible circular locking dependency detected", "lock-order-cycle"},
    {"possible recursive locking detected", "recursive-lock"},
    {"possible irq lock inversion dependency detected", "irq-inversion"},
    {"lock order detected", "irq-inversion"},
    {"held lock freed!", "freed-lock"},
    {"lock held when returning to user space!", "lock-leak"},
    {"still has locks held!", "lock-leak"},
    {"bad unlock balance detected!", ""},
    {"bad contention detected!", ""},
    {"Nested lock was not taken", ""},
}};

// "… (NAME){USAGE}": NAME itself may hold parentheses, the usage letters end it.
struct NamedLock {
  uint64_t address = 0;
  std::string_view name;
  std::string_view at;
};

uint64_t leading_address(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  const bool whole_word = error == std::errc() && (end == text.data() + text.size() || *end == ' ');
  // A hashed pointer has zeros in its upper half; kernel addresses have the top bit set.
  return whole_word && (value >> 63) != 0 ? value : 0;
}

std::optional<NamedLock> named_lock(std::string_view line) {
  const size_t open = line.find('(');
  if (open == std::string_view::npos) return std::nullopt;
  const size_t close = line.find("){", open);
  if (close == std::string_view::npos) return std::nullopt;
  NamedLock lock;
  lock.name = line.substr(open + 1, close - open - 1);
  lock.address = leading_address(trimmed(line.substr(0, open)));
  constexpr std::string_view kAt = ", at: ";
  const size_t at = line.find(kAt, close);
  if (at != std::string_view::npos) lock.at = trimmed(line.substr(at + kAt.size()));
  return lock;
}

// "swapper/1/0 [HC0[0]:SC1[1]:HE1:SE0] takes:" or "tc/6787 is trying to lock:".
std::string_view task_of(std::string_view line) {
  for (const std::string_view mark :
       {" [HC", " is trying to ", " just changed the state", " is freeing "}) {
    const size_t end = line.find(mark);
    if (end != std::string_view::npos) return trimmed(line.substr(0, end));
  }
  return {};
}

void read_head(const std::vector<LogLine>& lines, size_t title, LockReport& report) {
  for (size_t i = title + 1; i < lines.size() && i <= title + kHeadLines; ++i) {
    const std::string_view text = trimmed(lines[i].text);
    if (report_title(text) != nullptr) return;
    if (text.starts_with("inconsistent {")) report.usage = lines[i];
    if (report.taken_by.empty()) report.taken_by = task_of(text);
    const auto lock = named_lock(text);
    if (!lock) continue;
    report.lock = lines[i];
    report.lock_name = lock->name;
    report.lock_address = lock->address;
    // The address and the name are two printk()s: another CPU's line may have split them.
    if (report.lock_address == 0 && i > title + 1) {
      report.lock_address = leading_address(trimmed(lines[i - 1].text));
    }
    report.taken_at = lock->at;
    return;
  }
}

}  // namespace

const std::string_view* report_title(std::string_view line) {
  const bool marked = line.find("WARNING: ") != std::string_view::npos ||
                      line.find("[ BUG: ") != std::string_view::npos ||
                      line.find("[ INFO: ") != std::string_view::npos;
  if (!marked) return nullptr;
  for (const Title& title : kTitles) {
    if (line.find(title.text) != std::string_view::npos) return &title.rule;
  }
  return nullptr;
}

std::vector<LockReport> lock_reports(const std::vector<LogLine>& lines) {
  std::vector<LockReport> reports;
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string_view* rule = report_title(lines[i].text);
    if (rule == nullptr) continue;
    LockReport report;
    report.rule = *rule;
    report.title = lines[i];
    read_head(lines, i, report);
    reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace kmortem::checks
