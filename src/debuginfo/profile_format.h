// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace kmortem::debuginfo {

// docs/profile.md describes the file for other readers.

inline constexpr char kProfileMagic[8] = {'k', 'm', 'p', 'r', 'o', 'f', 'i', 'l'};
inline constexpr uint32_t kProfileVersion = 1;
inline constexpr uint32_t kProfileByteOrder = 0x01020304;
inline constexpr uint64_t kProfileAlignment = 16;

struct ProfileHeader {
  char magic[8];
  uint32_t version;
  uint32_t byte_order;
  uint64_t file_size;
  uint32_t section_count;
  uint32_t reserved;
  uint64_t checksum;  ///< of the header and the section table, with this field 0
};
static_assert(sizeof(ProfileHeader) == 40);

enum class ProfileSection : uint32_t {
  identity = 1,
  types = 2,
  lines = 3,
  symbol_records = 4,
  symbol_names = 5,
  symbol_slots = 6,
  orc_ip = 7,
  orc_unwind = 8,
};
inline constexpr uint32_t kProfileSections = 8;

enum class ProfileEncoding : uint32_t { raw = 0, zstd = 1 };

struct ProfileSectionEntry {
  ProfileSection kind;
  ProfileEncoding encoding;
  uint64_t offset;       ///< in the file; a multiple of kProfileAlignment
  uint64_t stored_size;  ///< bytes in the file
  uint64_t size;         ///< bytes after decoding
  uint64_t checksum;     ///< of the stored bytes
};
static_assert(sizeof(ProfileSectionEntry) == 40);

/// 64 bits that any damage changes, at several gigabytes a second; not cryptographic.
uint64_t profile_checksum(std::span<const std::byte> bytes);

}  // namespace kmortem::debuginfo
