// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/pseudonyms.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>

namespace kmortem::report {

namespace {

// A comm of this length may be the beginning of a longer name (TASK_COMM_LEN,
// include/linux/sched.h).
constexpr size_t kLongestComm = 15;

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

// "sh" or "sleep" may stand in a sentence of ours; "nginx-2" does not.
bool is_distinctive(std::string_view name) {
  return !std::ranges::all_of(name, is_lower);
}

bool in_path(char c) {
  return is_word(c) || std::string_view("/.-+~@%#=").find(c) != std::string_view::npos;
}

// Where what follows a name still belongs to it: "systemd" in "systemd-journald", and all of a word
// of which a comm is only the beginning.
size_t end_of_word(std::string_view text, size_t end, size_t length) {
  const auto take_word = [&](size_t at) {
    while (at < text.size() && is_word(text[at])) ++at;
    return at;
  };
  if (length >= kLongestComm) end = take_word(end);
  while (end + 1 < text.size() && text[end] == '-' && is_word(text[end + 1]))
    end = take_word(end + 1);
  return end;
}

}  // namespace

std::string Pseudonyms::of(std::string_view name) {
  if (name.empty()) return {};
  const auto known = names_.find(name);
  if (known != names_.end()) return known->second;
  longest_ = std::max(longest_, name.size());
  starts_.insert(name.front());
  std::string pseudonym = fmt::format("{}-{}", prefix_, names_.size() + 1);
  names_.emplace(name, pseudonym);
  return pseudonym;
}

Pseudonyms::Names::const_iterator Pseudonyms::longest_at(std::string_view text, size_t at,
                                                         bool distinctive_only) const {
  if (!starts_.contains(text[at])) return names_.end();
  for (size_t length = std::min(longest_, text.size() - at); length > 0; --length) {
    const std::string_view candidate = text.substr(at, length);
    const size_t end = at + length;
    const bool cut = is_word(candidate.back()) && end < text.size() && is_word(text[end]);
    if (cut && length < kLongestComm) continue;
    const auto known = names_.find(candidate);
    if (known == names_.end() || kept_.contains(candidate)) continue;
    if (distinctive_only && !is_distinctive(candidate)) continue;
    return known;
  }
  return names_.end();
}

std::string Pseudonyms::replace_words(std::string_view text, bool distinctive_only) const {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    const bool begins = !is_word(text[at]) || at == 0 || !is_word(text[at - 1]);
    const auto known = begins ? longest_at(text, at, distinctive_only) : names_.end();
    if (known == names_.end()) {
      result += text[at++];
      continue;
    }
    result += known->second;
    at = end_of_word(text, at + known->first.size(), known->first.size());
  }
  return result;
}

std::string replace_paths(std::string_view text, Pseudonyms& files) {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    // "swapper/0" and "f+0x1/0x2" are no paths: before a path stands no word.
    const bool begins = text[at] == '/' && at + 1 < text.size() && is_word(text[at + 1]) &&
                        (at == 0 || !in_path(text[at - 1]) || text[at - 1] == '=');
    if (!begins) {
      result += text[at++];
      continue;
    }
    size_t end = at;
    while (end < text.size() && in_path(text[end])) ++end;
    while (text[end - 1] == '.') --end;
    result += files.of(text.substr(at, end - at));
    at = end;
  }
  return result;
}

std::string replace_addresses(std::string_view text) {
  const auto in_address = [](char c) { return is_word(c) || c == '.' || c == '-' || c == '+'; };
  std::string result;
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    while (end < text.size() && in_address(text[end])) ++end;
    const bool address =
        end > at && end + 1 < text.size() && text[end] == '@' && text[end + 1] != ' ';
    if (address) {
      ++end;
      while (end < text.size() && in_address(text[end])) ++end;
      result += "(redacted)";
    } else {
      end = std::max(end, at + 1);
      result += text.substr(at, end - at);
    }
    at = end;
  }
  return result;
}

}  // namespace kmortem::report
