// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/vmcoreinfo.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <span>
#include <vector>

namespace kmortem::dump {

namespace {

constexpr std::string_view kFirstKey = "OSRELEASE=";
constexpr size_t kLongestText = 2 * kPageSize;  // VMCOREINFO_BYTES is a page
constexpr size_t kChunk = size_t{1} << 20;

std::optional<uint64_t> parse(std::string_view text, int base) {
  uint64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value, base);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return value;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  return text;
}

/// Reads page by page where the whole does not read; what is missing becomes zeros, which no text
/// contains.
void read_what_is_there(PhysicalMemory& memory, uint64_t address, std::span<std::byte> out) {
  if (memory.read(address, out)) return;
  while (!out.empty()) {
    const auto page = out.first(std::min<size_t>(out.size(), kPageSize));
    if (!memory.read(address, page)) std::ranges::fill(page, std::byte{0});
    address += page.size();
    out = out.subspan(page.size());
  }
}

size_t find_first_key(std::string_view bytes, size_t from) {
  if (from >= bytes.size()) return std::string_view::npos;
  const void* at =
      memmem(bytes.data() + from, bytes.size() - from, kFirstKey.data(), kFirstKey.size());
  if (at == nullptr) return std::string_view::npos;
  return static_cast<size_t>(static_cast<const char*>(at) - bytes.data());
}

bool printable(char c) {
  return c == '\n' || c == '\t' || (c >= ' ' && c <= '~');
}

}  // namespace

Vmcoreinfo::Vmcoreinfo(std::string_view text) {
  text = text.substr(0, text.find('\0'));
  while (!text.empty()) {
    const size_t length = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, length));
    text.remove_prefix(std::min(length + 1, text.size()));
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    lines_.insert_or_assign(std::string(line.substr(0, equals)),
                            std::string(line.substr(equals + 1)));
  }
}

std::optional<std::string> Vmcoreinfo::line(std::string_view key) const {
  const auto found = lines_.find(key);
  if (found == lines_.end()) return std::nullopt;
  return found->second;
}

std::optional<uint64_t> Vmcoreinfo::hexadecimal(std::string_view key) const {
  const auto text = line(key);
  return text ? parse(*text, 16) : std::nullopt;
}

std::optional<uint64_t> Vmcoreinfo::symbol(std::string_view name) const {
  return hexadecimal(fmt::format("SYMBOL({})", name));
}

std::optional<uint64_t> Vmcoreinfo::number(std::string_view name) const {
  const auto text = line(fmt::format("NUMBER({})", name));
  if (!text) return std::nullopt;
  const std::string_view digits = *text;
  if (digits.starts_with("0x")) return parse(digits.substr(2), 16);
  if (!digits.starts_with('-')) return parse(digits, 10);
  const auto magnitude = parse(digits.substr(1), 10);
  if (!magnitude) return std::nullopt;
  return uint64_t{0} - *magnitude;
}

bool looks_like_vmcoreinfo(std::string_view text) {
  return text.starts_with(kFirstKey) && text.size() > 64 &&
         std::all_of(text.begin(), text.end(), printable) &&
         text.find("\nPAGESIZE=4096\n") != std::string_view::npos &&
         text.find("\nSYMBOL(") != std::string_view::npos;
}

void find_vmcoreinfo(PhysicalMemory& memory, const std::function<bool(std::string_view)>& accept) {
  // Each chunk is read with the longest text's room behind it, so that none is cut in two.
  std::vector<std::byte> buffer(kChunk + kLongestText);
  int left = kMaxTexts;
  for (const PhysicalRange& range : memory.ranges()) {
    for (uint64_t base = range.begin; base < range.end; base += kChunk) {
      const auto part =
          std::span(buffer).first(std::min<uint64_t>(buffer.size(), range.end - base));
      read_what_is_there(memory, base, part);
      const std::string_view bytes(reinterpret_cast<const char*>(part.data()), part.size());
      for (size_t at = find_first_key(bytes, 0); at < kChunk; at = find_first_key(bytes, at + 1)) {
        std::string_view text = bytes.substr(at, kLongestText);
        text = text.substr(0, text.find('\0'));
        if (looks_like_vmcoreinfo(text) && (accept(text) || --left == 0)) return;
      }
    }
  }
}

}  // namespace kmortem::dump
