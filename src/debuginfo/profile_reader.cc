// SPDX-License-Identifier: GPL-3.0-or-later
#include <zstd.h>

#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "base/checked.h"
#include "debuginfo/byte_stream.h"
#include "debuginfo/mapped_file.h"
#include "debuginfo/profile_file.h"
#include "debuginfo/profile_format.h"
#include "debuginfo/type_codec.h"

namespace kmortem::debuginfo {

namespace {

// The largest kernels' tables are a tenth of this.
constexpr uint64_t kMaxSectionSize = uint64_t{256} << 20;

/// Sections, verified and decoded, and what they lie in.
struct Sections {
  std::shared_ptr<const MappedFile> file;
  std::array<std::span<const std::byte>, kProfileSections + 1> bytes;
  std::vector<std::vector<std::byte>> decoded;

  std::span<const std::byte> of(ProfileSection kind) const {
    return bytes[static_cast<uint32_t>(kind)];
  }
};

// Why the header is not usable, or an empty string.
std::string check_header(std::span<const std::byte> file, ProfileHeader& header) {
  if (file.size() < sizeof header) return "is too short for a profile";
  std::memcpy(&header, file.data(), sizeof header);
  if (std::memcmp(header.magic, kProfileMagic, sizeof header.magic) != 0) {
    return "is not a kmortem profile";
  }
  if (header.byte_order != kProfileByteOrder) return "is a profile of another byte order";
  if (header.version != kProfileVersion) {
    return "is a profile of format version " + std::to_string(header.version) + ", not " +
           std::to_string(kProfileVersion) + ": make it again with `kmortem profile`";
  }
  if (header.file_size != file.size()) return "is cut off, or was added to";
  const uint64_t room = (file.size() - sizeof header) / sizeof(ProfileSectionEntry);
  if (header.section_count > room) return "is damaged (section count)";
  const size_t head_size = sizeof header + header.section_count * sizeof(ProfileSectionEntry);
  std::vector<std::byte> head(file.begin(), file.begin() + static_cast<ptrdiff_t>(head_size));
  ProfileHeader blank = header;
  blank.checksum = 0;
  std::memcpy(head.data(), &blank, sizeof blank);
  if (profile_checksum(head) != header.checksum) return "is damaged (header checksum)";
  return "";
}

std::optional<std::vector<std::byte>> decompress(std::span<const std::byte> stored, size_t size) {
  if (ZSTD_getFrameContentSize(stored.data(), stored.size()) != size) return std::nullopt;
  std::vector<std::byte> out(size);
  const size_t got = ZSTD_decompress(out.data(), out.size(), stored.data(), stored.size());
  if (ZSTD_isError(got) || got != size) return std::nullopt;
  return out;
}

bool take_section(const ProfileSectionEntry& entry, Sections& sections) {
  const auto file = sections.file->bytes();
  if (!range_fits(entry.offset, entry.stored_size, file.size())) return false;
  if (entry.offset % kProfileAlignment != 0 || entry.size > kMaxSectionSize) return false;
  const auto stored = file.subspan(entry.offset, entry.stored_size);
  if (profile_checksum(stored) != entry.checksum) return false;

  const auto kind = static_cast<uint32_t>(entry.kind);
  if (kind == 0 || kind > kProfileSections) return true;  // a later addition
  if (entry.encoding == ProfileEncoding::raw) {
    sections.bytes[kind] = stored;
    return entry.size == entry.stored_size;
  }
  auto decoded = decompress(stored, entry.size);
  if (entry.encoding != ProfileEncoding::zstd || !decoded) return false;
  sections.decoded.push_back(std::move(*decoded));
  sections.bytes[kind] = sections.decoded.back();
  return true;
}

template <typename T>
std::optional<std::span<const T>> as_array(std::span<const std::byte> bytes) {
  if (bytes.size() % sizeof(T) != 0) return std::nullopt;
  return std::span(reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T));
}

bool take_identity(const Sections& sections, ImageContents& contents) {
  ByteReader in(sections.of(ProfileSection::identity));
  contents.build_id = in.text();
  contents.release = in.text();
  contents.banner = in.text();
  contents.wanted_fingerprint = in.number();
  contents.orc.ip_address = in.number();
  return in.at_end();
}

bool take_symbols(const std::shared_ptr<const Sections>& sections, ImageContents& contents) {
  const auto records = as_array<SymbolRecord>(sections->of(ProfileSection::symbol_records));
  const auto names = as_array<char>(sections->of(ProfileSection::symbol_names));
  const auto slots = as_array<uint32_t>(sections->of(ProfileSection::symbol_slots));
  if (!records || !names || !slots || !std::has_single_bit(slots->size())) return false;
  contents.symbols =
      std::make_unique<SymbolIndex>(SymbolImage{*records, *names, *slots, true}, sections);
  return true;
}

}  // namespace

Result<ImageContents> read_profile_file(const std::string& path) {
  auto file = MappedFile::open(path);
  if (!file) return std::unexpected(file.error());
  ProfileHeader header;
  const std::string problem = check_header((*file)->bytes(), header);
  if (!problem.empty()) return fail(path + ": " + problem);

  auto sections = std::make_shared<Sections>();
  sections->file = *file;
  sections->decoded.reserve(header.section_count);
  for (uint32_t i = 0; i < header.section_count; ++i) {
    ProfileSectionEntry entry;
    const auto at = sizeof header + i * sizeof entry;
    std::memcpy(&entry, sections->file->bytes().data() + at, sizeof entry);
    if (!take_section(entry, *sections)) {
      return fail(path + ": is damaged (section " + std::to_string(i + 1) + ")");
    }
  }

  ImageContents contents;
  ByteReader types(sections->of(ProfileSection::types));
  ByteReader lines(sections->of(ProfileSection::lines));
  if (!take_identity(*sections, contents) || !decode_types(types, contents.types) ||
      !decode_lines(lines, contents.lines) || !take_symbols(sections, contents)) {
    return fail(path + ": is damaged (contents)");
  }
  contents.orc.ip = sections->of(ProfileSection::orc_ip);
  contents.orc.unwind = sections->of(ProfileSection::orc_unwind);
  contents.orc_backing = sections;
  return contents;
}

}  // namespace kmortem::debuginfo
