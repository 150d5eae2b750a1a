// SPDX-License-Identifier: GPL-3.0-or-later
#include "splats/lines.h"

#include <algorithm>
#include <unordered_map>

#include "splats/line_prefix.h"
#include "splats/titles.h"
#include "splats/words.h"

namespace kmortem::splats {

namespace {

// A piece that is longer is no piece of a lock any more.
constexpr size_t kLongestPiece = 400;

bool is_number_mark(std::string_view text, std::string_view head, std::string_view tail) {
  return take(text, head) && take_number(text) && text == tail;
}

bool is_address(std::string_view text) {
  return (text.size() == 8 || text.size() == 16) && std::all_of(text.begin(), text.end(), is_hex);
}

// "(name" without "){…}" yet, "-> #2", "#0:", "lock(", ", at:": more must come.
bool wants_more(std::string_view text) {
  if (text.empty() || text.size() > kLongestPiece) return false;
  if (is_number_mark(text, "-> #", "") || is_number_mark(text, "#", ":")) return true;
  if (text == "->" || is_address(text)) return true;
  if (text.ends_with(", at:") || text.ends_with("(") || text.ends_with("-->")) return true;
  // ARM's wrapped frames: "(f+0x1/0x2) from [<c00471b4>]".
  if (text.ends_with(">]") && text.find(") from [<") != std::string_view::npos) return true;
  const bool lock_like = text.starts_with("(") || text.starts_with("#") ||
                         text.starts_with("-> ") || text.starts_with("lock(");
  if (!lock_like) return false;
  return std::count(text.begin(), text.end(), '(') > std::count(text.begin(), text.end(), ')');
}

// "){+.+.}", ", at:", ");", "#2", "{", ":": the line before was not at its end.
bool goes_on(std::string_view text) {
  return text.starts_with("){") || text.starts_with(", at:") || text == ");" || text == ":" ||
         text == "{" || text.starts_with("-{");
}

bool begins_something(std::string_view text) {
  return text.starts_with("-> #") || text.starts_with("====") || text.starts_with("----") ||
         find_title(text) || text.find(" is trying to ") != std::string_view::npos;
}

class Assembler {
 public:
  void add(PrefixedLine&& raw, size_t number);
  std::vector<Line> finish() { return std::move(lines_); }

 private:
  bool joins(const Line& last, const PrefixedLine& raw, std::string_view text) const;
  void append(Line& line, const PrefixedLine& raw, size_t number);

  std::vector<Line> lines_;
  std::unordered_map<std::string, size_t> last_of_;  ///< by caller
  std::string last_caller_;
  bool wrappable_ = false;  ///< the last line had a prefix, this one may be its wrapped end
};

bool Assembler::joins(const Line& last, const PrefixedLine& raw, std::string_view text) const {
  if (raw.fragment) return true;
  if (text.empty() || begins_something(text)) return false;
  if (!goes_on(text) && !wants_more(last.text)) return false;
  return !last.text.empty();
}

void Assembler::append(Line& line, const PrefixedLine& raw, size_t number) {
  const std::string_view text = raw.fragment ? std::string_view(raw.text) : trimmed(raw.text);
  const bool glued = raw.fragment || text.starts_with(")") || text.starts_with(",") ||
                     text.starts_with("-{") || line.text.ends_with("(");
  if (!glued) line.text += ' ';
  line.text += text;
  line.last = number;
}

void Assembler::add(PrefixedLine&& raw, size_t number) {
  std::string_view text = trimmed(raw.text);
  // Some vendors' kernels print lockdep's locks with pr_fmt().
  if (take(text, "lockdep: ")) {
    raw.text = std::string(trimmed(text));
    text = raw.text;
  }
  // What dmesg indents under a record's first line is a line of its own.
  const bool own_line = raw.text.starts_with("        ");
  if (!raw.prefixed && wrappable_ && !own_line && !text.empty() && !lines_.empty() &&
      !lines_.back().text.empty() && !begins_something(text)) {
    append(lines_.back(), raw, number);
    return;
  }
  if (raw.prefixed) {
    last_caller_ = raw.caller;
  } else {
    raw.caller = last_caller_;
  }
  wrappable_ = raw.prefixed || (wrappable_ && !text.empty());
  const auto last = last_of_.find(raw.caller);
  if (last != last_of_.end() && joins(lines_[last->second], raw, text)) {
    append(lines_[last->second], raw, number);
    return;
  }
  last_of_[raw.caller] = lines_.size();
  lines_.push_back({raw.time_ns, raw.caller, std::string(text), number, number});
}

}  // namespace

std::vector<Line> read_lines(std::string_view text) {
  Assembler assembler;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    assembler.add(read_prefix(text.substr(0, end)), number);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return assembler.finish();
}

std::vector<Line> read_lines(const std::vector<model::LogRecord>& log) {
  Assembler assembler;
  size_t number = 0;
  for (const model::LogRecord& record : log) {
    std::string_view rest = record.text;
    while (true) {
      const size_t end = rest.find('\n');
      PrefixedLine line{true, false, record.time_ns, record.caller,
                        std::string(rest.substr(0, end))};
      assembler.add(std::move(line), ++number);
      if (end == std::string_view::npos) break;
      rest.remove_prefix(end + 1);
    }
  }
  return assembler.finish();
}

}  // namespace kmortem::splats
