// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/redact_log.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace kmortem::report {

namespace {

// TASK_COMM_LEN without the NUL (include/linux/sched.h).
constexpr size_t kLongestComm = 15;
constexpr std::string_view::size_type kNone = std::string_view::npos;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The end of the digits at `at`; `at` itself where there are none.
size_t after_digits(std::string_view text, size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

void learn(std::string_view name, Pseudonyms& tasks) {
  while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
  while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
  const bool letters = std::ranges::any_of(
      name, [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; });
  if (!letters || name.size() > kLongestComm) return;
  if (name.starts_with("swapper") || name.starts_with("kworker/")) return;
  if (!tasks.keeps(name)) tasks.of(name);
}

// "Comm: NAME Tainted: …", "task:NAME   state:D".
void learn_after(std::string_view line, std::string_view before,
                 const std::array<std::string_view, 2>& ends, Pseudonyms& tasks) {
  const size_t found = line.find(before);
  if (found == kNone) return;
  const std::string_view rest = line.substr(found + before.size());
  size_t end = rest.size();
  for (const std::string_view each : ends) end = std::min(end, rest.find(each));
  learn(rest.substr(0, end), tasks);
}

// NAME before a separator and the pid: the last such separator counts, a comm may hold it too.
void learn_before_pid(std::string_view text, char separator, std::string_view after,
                      Pseudonyms& tasks) {
  for (size_t at = text.find(separator); at != kNone; at = text.find(separator, at + 1)) {
    const size_t end = after_digits(text, at + 1);
    if (end == at + 1 || end > text.size() || !text.substr(end).starts_with(after)) continue;
    learn(text.substr(0, at), tasks);
    return;
  }
}

std::string_view last_word(std::string_view text) {
  const size_t blank = text.rfind(' ');
  return blank == kNone ? text : text.substr(blank + 1);
}

// "NAME[12]: segfault at …", "traps: NAME[12] general protection …" (arch/x86/mm/fault.c).
void learn_faulting(std::string_view line, Pseudonyms& tasks) {
  const size_t open = line.find('[');
  if (open == kNone || open == 0) return;
  const size_t end = after_digits(line, open + 1);
  if (end == open + 1 || end >= line.size() || line[end] != ']') return;
  const bool reported = line.substr(end).starts_with("]:") || line.starts_with("traps: ");
  if (reported) learn(last_word(line.substr(0, open)), tasks);
}

void learn_from_lockdep(std::string_view line, Pseudonyms& tasks) {
  for (const std::string_view verb : {" is ", " just "}) {
    learn_before_pid(line, '/', verb, tasks);
  }
  const size_t by = line.find(" by ");
  if (by != kNone) learn_before_pid(line.substr(by + 4), '/', "", tasks);
}

// What follows one of these words is the command line, or parts of it (init/main.c).
size_t command_line_at(std::string_view line) {
  for (const std::string_view word :
       {"Command line:", "command line:", "command line parameters", "Malformed early option"}) {
    const size_t found = line.find(word);
    if (found != kNone) return found + word.size();
  }
  return kNone;
}

}  // namespace

void learn_names(std::string_view line, Pseudonyms& tasks) {
  learn_after(line, "Comm: ", {" Tainted", " Not tainted"}, tasks);
  learn_after(line, "task:", {" state:", "  "}, tasks);
  const size_t hung = line.find("INFO: task ");
  if (hung != kNone) learn_before_pid(line.substr(hung + 11), ':', " blocked", tasks);
  const size_t stuck = line.find("s! [");
  if (stuck != kNone) learn_before_pid(line.substr(stuck + 4), ':', "]", tasks);
  const size_t killed = line.find("Killed process ");
  const size_t name = killed == kNone ? kNone : line.find('(', killed);
  if (name != kNone) learn(line.substr(name + 1, line.find(')', name) - name - 1), tasks);
  learn_faulting(line, tasks);
  learn_from_lockdep(line, tasks);
}

std::string redacted_line(std::string_view line, LogNames& names) {
  const size_t options = command_line_at(line);
  std::string text(line.substr(0, options));
  text = replace_addresses(text);
  text = replace_paths(text, names.files);
  text = names.parameters.replace_words(text);
  text = names.hosts.replace_words(text);
  text = names.tasks.replace_words(text);
  if (options != kNone) text += " (redacted)";
  return text;
}

void redact_record(model::LogRecord& record, LogNames& names) {
  // Only processes write with another facility than the kernel's (devkmsg_write()).
  if (record.facility != 0) {
    record.text = "(written by a process)";
    return;
  }
  std::string text;
  std::string_view rest = record.text;
  while (true) {
    const size_t end = rest.find('\n');
    text += redacted_line(rest.substr(0, end), names);
    if (end == kNone) break;
    text += '\n';
    rest.remove_prefix(end + 1);
  }
  record.text = std::move(text);
}

}  // namespace kmortem::report
