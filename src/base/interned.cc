// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/interned.h"

#include <functional>
#include <mutex>
#include <unordered_set>

namespace kmortem {

namespace {

struct Hash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

// A set's elements stay where they are when it grows. Never destroyed: other static objects may
// hold names until the very end.
struct Table {
  std::mutex mutex;
  std::unordered_set<std::string, Hash, std::equal_to<>> texts;
};

Table& table() {
  static auto* const kInstance = new Table;
  return *kInstance;
}

}  // namespace

const std::string Interned::kEmpty;

Interned::Interned(std::string_view text) : text_(&kEmpty) {
  if (text.empty()) return;
  Table& names = table();
  const std::lock_guard lock(names.mutex);
  auto it = names.texts.find(text);
  if (it == names.texts.end()) it = names.texts.emplace(text).first;
  text_ = &*it;
}

}  // namespace kmortem
