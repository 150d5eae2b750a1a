// SPDX-License-Identifier: GPL-3.0-or-later
#include "postmortem/log_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <span>
#include <string_view>

#include "dump/dump_source.h"

namespace kmortem::postmortem {

namespace {

// A journal of weeks; what is larger is no log of one machine's death.
constexpr uint64_t kLargest = uint64_t{512} << 20;
constexpr size_t kHead = 4096;

// A dump has zeros in its first page; a log has them nowhere near so early.
bool looks_like_text(std::string_view head) {
  constexpr std::string_view kFlattened = "makedumpfile";
  return head.find('\0') == std::string_view::npos && !head.starts_with(kFlattened);
}

Result<std::string> bytes_of(const dump::DumpSource& source, uint64_t most) {
  std::string text(std::min(most, source.file->size()), '\0');
  if (!source.file->read(0, std::as_writable_bytes(std::span(text)))) {
    return fail("the file cannot be read");
  }
  return text;
}

}  // namespace

Result<std::string> read_log_file(const std::string& path) {
  auto source = dump::open_source(path);
  if (!source) return std::unexpected(source.error());
  if (source->file->size() > kLargest) {
    return fail(fmt::format("{}: more than {} MB is no log", path, kLargest >> 20));
  }
  auto text = bytes_of(*source, kLargest);
  if (!text) return fail(fmt::format("{}: {}", path, text.error().message));
  if (source->flattened || !looks_like_text(std::string_view(*text).substr(0, kHead))) {
    return fail(fmt::format("{}: is no text; give a dump without --log", path));
  }
  return text;
}

bool is_log_file(const std::string& path) {
  std::error_code error;
  if (path == "-" || !std::filesystem::is_regular_file(path, error)) return false;
  constexpr uint64_t kSmallEnough = uint64_t{64} << 20;  // packed dumps are unpacked once only
  if (std::filesystem::file_size(path, error) > kSmallEnough && dump::names_a_dump(path)) {
    return false;
  }
  auto source = dump::open_source(path);
  if (!source || source->flattened) return false;
  const auto head = bytes_of(*source, kHead);
  return head && !head->empty() && looks_like_text(*head);
}

}  // namespace kmortem::postmortem
