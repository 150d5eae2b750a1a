// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/string_cache.h"

#include <algorithm>
#include <cstring>

namespace kmortem::locks {

namespace {

bool printable(char c) {
  return c >= ' ' && c <= '~';
}

}  // namespace

const StringCache::Page& StringCache::page(uint64_t address) {
  auto& slot = pages_[address / kPageSize % pages_.size()];
  if (slot && slot->address == address) return *slot;
  if (!slot) slot = std::make_unique<Page>();
  slot->address = address;
  slot->error.reset();
  if (auto read = memory_.read(address, slot->bytes); !read) slot->error = read.error();
  return *slot;
}

ReadResult<std::string> StringCache::read_raw(uint64_t address) {
  if (!dump::is_kernel_address(address)) {
    return std::unexpected(ReadError{ReadError::Kind::invalid, address});
  }
  std::string text;
  // One more than the longest name, so that a missing NUL shows.
  while (text.size() <= kMaxLength) {
    const uint64_t offset = address % kPageSize;
    const Page& current = page(address - offset);
    if (current.error) return std::unexpected(*current.error);
    const size_t length = std::min<size_t>(kPageSize - offset, kMaxLength + 1 - text.size());
    const auto* begin = reinterpret_cast<const char*>(current.bytes.data() + offset);
    const size_t used = strnlen(begin, length);
    text.append(begin, used);
    if (used < length || address > UINT64_MAX - length) break;
    address += length;
  }
  return text;
}

ReadResult<std::string> StringCache::read(uint64_t address) {
  auto text = read_raw(address);
  if (!text) return text;
  text->resize(std::min(text->size(), kMaxLength));
  std::ranges::replace_if(*text, [](char c) { return !printable(c); }, '?');
  return text;
}

std::optional<Interned> StringCache::read_name(uint64_t address) {
  // What hostile memory points to has no end; names have.
  constexpr size_t kMostNames = 65536;
  if (auto known = names_.find(address); known != names_.end()) return known->second;
  auto name = read_new_name(address);
  if (names_.size() < kMostNames) names_.emplace(address, name);
  return name;
}

std::optional<Interned> StringCache::read_new_name(uint64_t address) {
  auto text = read_raw(address);
  if (!text || text->empty() || text->size() > kMaxLength) return std::nullopt;
  if (!std::ranges::all_of(*text, printable)) return std::nullopt;
  return Interned(*text);
}

}  // namespace kmortem::locks
