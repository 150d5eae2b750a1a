// SPDX-License-Identifier: GPL-3.0-or-later
#include "splats/lock_text.h"

#include <algorithm>

#include "splats/frame_text.h"
#include "splats/words.h"

namespace kmortem::splats {

namespace {

constexpr size_t kLongestName = 256;

// The letters of a class's usage: four since 4.17's end of reclaim state, six before, four in 2.6.
bool is_usage(std::string_view letters) {
  constexpr size_t kMost = 16;
  return letters.size() <= kMost && std::all_of(letters.begin(), letters.end(), [](char c) {
           return c == '.' || c == '+' || c == '-' || c == '?';
         });
}

// Where the name that begins behind `open` ends: at "){", with usage letters behind it, or with
// the end of a cut line.
size_t name_end(std::string_view text, size_t open) {
  for (size_t at = text.find("){", open); at != std::string_view::npos;
       at = text.find("){", at + 2)) {
    const std::string_view behind_it = text.substr(at + 2);
    const size_t close = behind_it.find('}');
    if (is_usage(behind_it.substr(0, close))) return at;
  }
  return std::string_view::npos;
}

uint64_t address_before(std::string_view text) {
  text = trimmed(text);
  const size_t blank = text.find_last_of(" \t");
  if (blank != std::string_view::npos) text.remove_prefix(blank + 1);
  take(text, "[");
  take(text, "0x");
  const size_t digits = text.size();
  const auto address = take_hex(text);
  constexpr size_t kShortest = 8;
  if (!address || digits < kShortest || (!text.empty() && text != "]")) return 0;
  return *address;
}

}  // namespace

std::optional<model::SplatLock> take_lock(std::string_view& rest) {
  const size_t open = rest.find('(');
  if (open == std::string_view::npos) return std::nullopt;
  const size_t end = name_end(rest, open);
  if (end == std::string_view::npos || end - open - 1 > kLongestName) return std::nullopt;
  model::SplatLock lock;
  lock.name = std::string(rest.substr(open + 1, end - open - 1));
  lock.address = address_before(rest.substr(0, open));
  std::string_view tail = rest.substr(end + 2);
  const size_t close = tail.find('}');
  lock.usage = std::string(tail.substr(0, close));
  tail.remove_prefix(close == std::string_view::npos ? tail.size() : close + 1);
  if (take(tail, "-{")) {
    const size_t wait_end = tail.find('}');
    lock.wait = std::string(tail.substr(0, wait_end));
    tail.remove_prefix(wait_end == std::string_view::npos ? tail.size() : wait_end + 1);
  }
  std::string_view at = trimmed(tail);
  if (take(at, ", at:") || take(at, ",at:")) {
    if (const auto frame = first_frame(at)) lock.at = *frame;
    tail = {};
  }
  rest = tail;
  return lock;
}

std::optional<std::string> scenario_lock(std::string_view text) {
  text = trimmed(text);
  for (const std::string_view head : {"lock(", "rlock(", "sync("}) {
    std::string_view rest = text;
    if (!take(rest, head)) continue;
    const size_t end = rest.rfind(')');
    const std::string_view name = rest.substr(0, end);
    if (end == std::string_view::npos || name.empty() || name.size() > kLongestName) return {};
    return std::string(name);
  }
  return std::nullopt;
}

std::vector<std::string> arrow_names(std::string_view text) {
  constexpr std::string_view kArrow = " --> ";
  std::vector<std::string> names;
  text = trimmed(text);
  if (text.find(kArrow) == std::string_view::npos) return names;
  while (true) {
    const size_t end = text.find(kArrow);
    const std::string_view name = trimmed(text.substr(0, end));
    if (!name.empty() && name.size() <= kLongestName) names.emplace_back(name);
    if (end == std::string_view::npos) return names;
    text.remove_prefix(end + kArrow.size());
  }
}

}  // namespace kmortem::splats
