// SPDX-License-Identifier: GPL-3.0-or-later
#include "crash_memory.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "dump/container.h"
#include "dump/vmcore.h"

namespace kmortem::crash {

namespace {

std::vector<dump::PhysicalRange> ranges_of(const kmortem_session& session) {
  std::vector<dump::PhysicalRange> ranges;
  for (const kmortem_range& range : std::span(session.ranges, session.range_count)) {
    ranges.push_back({range.begin, range.end});
  }
  std::ranges::sort(ranges, {}, &dump::PhysicalRange::begin);
  return ranges;
}

uint64_t size_of(const std::vector<dump::PhysicalRange>& ranges) {
  uint64_t size = 0;
  for (const dump::PhysicalRange& range : ranges) size += range.end - range.begin;
  return size;
}

std::vector<std::byte> notes_of(const kmortem_session& session) {
  const auto* bytes = static_cast<const std::byte*>(session.notes);
  return {bytes, bytes + session.notes_size};
}

std::string text_of(const char* text) {
  return text == nullptr ? std::string() : text;
}

}  // namespace

CrashMemory::CrashMemory(const kmortem_session& session)
    : read_page_(session.read_page),
      interrupted_(session.interrupted),
      ranges_(ranges_of(session)) {}

ReadResult<std::span<const std::byte>> CrashMemory::page(uint64_t address) {
  if (const auto known = cache_.find(address); !known.empty()) return known;
  if (interrupted_() != 0) throw Interrupted{};
  const auto bytes = cache_.replace(address);
  const enum kmortem_read done = read_page_(address, bytes.data());
  if (done == KMORTEM_READ) return bytes;
  cache_.drop(address);
  const auto kind = done == KMORTEM_EXCLUDED ? ReadError::Kind::excluded : ReadError::Kind::corrupt;
  return std::unexpected(ReadError{kind, address});
}

ReadResult<void> CrashMemory::read(uint64_t address, std::span<std::byte> out) {
  while (!out.empty()) {
    const uint64_t offset = address % dump::kPageSize;
    const auto bytes = page(address - offset);
    if (!bytes) return std::unexpected(ReadError{bytes.error().kind, address});
    const uint64_t length = std::min<uint64_t>(out.size(), dump::kPageSize - offset);
    memcpy(out.data(), bytes->data() + offset, length);
    out = out.subspan(length);
    address += length;
  }
  return {};
}

void stop_if_interrupted(const kmortem_session& session) {
  if (session.interrupted() != 0) throw Interrupted{};
}

std::unique_ptr<dump::DumpFile> open_session(const kmortem_session& session) {
  auto memory = std::make_unique<CrashMemory>(session);
  dump::Container container;
  // Of a filtered dump crash tells neither how much of the memory it holds nor how it is
  // compressed.
  const bool filtered = std::string_view(session.format) == "kdump";
  container.present_bytes = filtered ? 0 : size_of(memory->ranges());
  container.compression = "";
  container.memory = std::move(memory);
  container.notes = notes_of(session);
  container.vmcoreinfo = text_of(session.vmcoreinfo);
  container.phys_base = session.phys_base;
  container.format = session.format;
  container.dump_level = session.dump_level;
  model::DumpInfo info;
  info.path = text_of(session.dump);
  info.flattened = session.flattened != 0;
  std::error_code unknown;
  const uint64_t size = std::filesystem::file_size(info.path, unknown);
  // /proc/kcore is as long as the kernel's half of the address space.
  info.file_size = unknown || session.life == KMORTEM_LIVE ? 0 : size;
  return std::make_unique<dump::Vmcore>(std::move(container), std::move(info));
}

}  // namespace kmortem::crash
