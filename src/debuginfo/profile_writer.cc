// SPDX-License-Identifier: GPL-3.0-or-later
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "debuginfo/byte_stream.h"
#include "debuginfo/profile_file.h"
#include "debuginfo/profile_format.h"
#include "debuginfo/type_codec.h"

namespace kmortem::debuginfo {

namespace {

// Level 3 of zstd: 150 MB/s, and higher levels gain a tenth.
constexpr int kCompressionLevel = 3;

struct PendingSection {
  ProfileSectionEntry entry = {};
  std::span<const std::byte> stored;
  std::vector<std::byte> compressed;  ///< backs `stored`, if compressed
};

/// The symbols in memory order, with a table of just their names.
struct PackedSymbols {
  std::vector<SymbolRecord> records;
  std::vector<char> names;
  std::vector<uint32_t> slots;
};

PackedSymbols pack_symbols(const SymbolIndex& index) {
  const SymbolImage& image = index.image();
  PackedSymbols packed;
  std::vector<uint32_t> position(image.records.size());
  packed.records.reserve(image.records.size());
  packed.names.reserve(image.names.size());
  const auto take = [&](uint32_t from) {
    SymbolRecord record = image.records[from];
    const std::string_view name = symbol_name(image.names, record.name);
    record.name = static_cast<uint32_t>(packed.names.size());
    packed.names.insert(packed.names.end(), name.begin(), name.end());
    packed.names.push_back('\0');
    position[from] = static_cast<uint32_t>(packed.records.size());
    packed.records.push_back(record);
  };
  for (uint32_t from : index.order()) take(from);
  for (uint32_t from = 0; from < image.records.size(); ++from) {
    if (image.records[from].has(SymbolRecord::kNameOnly)) take(from);
  }
  packed.slots.assign(index.slots().begin(), index.slots().end());
  for (uint32_t& slot : packed.slots) {
    if (slot != 0 && slot <= position.size()) slot = position[slot - 1] + 1;
  }
  return packed;
}

PendingSection make_section(ProfileSection kind, std::span<const std::byte> bytes, bool compress) {
  PendingSection section;
  section.entry = {kind, ProfileEncoding::raw, 0, bytes.size(), bytes.size(), 0};
  section.stored = bytes;
  if (compress && !bytes.empty()) {
    section.compressed.resize(ZSTD_compressBound(bytes.size()));
    const size_t size = ZSTD_compress(section.compressed.data(), section.compressed.size(),
                                      bytes.data(), bytes.size(), kCompressionLevel);
    if (!ZSTD_isError(size)) {
      section.compressed.resize(size);
      section.stored = section.compressed;
      section.entry.encoding = ProfileEncoding::zstd;
      section.entry.stored_size = size;
    }
  }
  section.entry.checksum = profile_checksum(section.stored);
  return section;
}

uint64_t align(uint64_t offset) {
  return (offset + kProfileAlignment - 1) / kProfileAlignment * kProfileAlignment;
}

// Gives each section its place; returns the header and the section table.
std::vector<std::byte> lay_out(std::span<PendingSection> sections) {
  ProfileHeader header = {};
  std::memcpy(header.magic, kProfileMagic, sizeof header.magic);
  header.version = kProfileVersion;
  header.byte_order = kProfileByteOrder;
  header.section_count = static_cast<uint32_t>(sections.size());
  std::vector<std::byte> head(sizeof header + sections.size() * sizeof(ProfileSectionEntry));
  header.file_size = align(head.size());
  std::byte* table = head.data() + sizeof header;
  for (PendingSection& section : sections) {
    section.entry.offset = header.file_size;
    header.file_size = align(header.file_size + section.entry.stored_size);
    std::memcpy(table, &section.entry, sizeof section.entry);
    table += sizeof section.entry;
  }
  std::memcpy(head.data(), &header, sizeof header);
  header.checksum = profile_checksum(head);
  std::memcpy(head.data(), &header, sizeof header);
  return head;
}

bool write_all(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return true;
}

bool write_aligned(int fd, std::span<const std::byte> bytes) {
  constexpr std::byte kPadding[kProfileAlignment] = {};
  const uint64_t padding = align(bytes.size()) - bytes.size();
  return write_all(fd, bytes) && write_all(fd, std::span(kPadding).first(padding));
}

bool write_sections(int fd, std::span<PendingSection> sections) {
  if (!write_aligned(fd, lay_out(sections))) return false;
  for (const PendingSection& section : sections) {
    if (!write_aligned(fd, section.stored)) return false;
  }
  return true;
}

Result<void> replace_file(const std::string& path, std::span<PendingSection> sections) {
  std::string temporary = path + ".XXXXXX";
  const int fd = mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return fail(path + ": cannot be written: " + std::strerror(errno));
  // mkostemp() makes it private; a profile is no secret.
  const mode_t mask = umask(0);
  umask(mask);
  bool good = fchmod(fd, 0666 & ~mask) == 0 && write_sections(fd, sections);
  int reason = errno;
  good = ::close(fd) == 0 && good;
  if (good && rename(temporary.c_str(), path.c_str()) == 0) return {};
  if (good) reason = errno;
  unlink(temporary.c_str());
  return fail(path + ": cannot be written: " + std::strerror(reason));
}

}  // namespace

Result<void> write_profile_file(const ImageContents& contents, const std::string& path,
                                bool compact) {
  ByteWriter identity;
  identity.text(contents.build_id);
  identity.text(contents.release);
  identity.text(contents.banner);
  identity.number(contents.wanted_fingerprint);
  identity.number(contents.orc.ip_address);
  ByteWriter types;
  encode_types(contents.types, types);
  ByteWriter lines;
  encode_lines(contents.lines, lines);
  const PackedSymbols symbols = pack_symbols(*contents.symbols);

  std::vector<PendingSection> sections;
  const auto add = [&](ProfileSection kind, std::span<const std::byte> bytes, bool compress) {
    sections.push_back(make_section(kind, bytes, compress));
  };
  add(ProfileSection::identity, identity.bytes(), false);
  add(ProfileSection::types, types.bytes(), true);
  add(ProfileSection::lines, lines.bytes(), true);
  add(ProfileSection::symbol_records, std::as_bytes(std::span(symbols.records)), compact);
  add(ProfileSection::symbol_names, std::as_bytes(std::span(symbols.names)), compact);
  add(ProfileSection::symbol_slots, std::as_bytes(std::span(symbols.slots)), compact);
  add(ProfileSection::orc_ip, contents.orc.ip, compact);
  add(ProfileSection::orc_unwind, contents.orc.unwind, compact);
  return replace_file(path, sections);
}

}  // namespace kmortem::debuginfo
