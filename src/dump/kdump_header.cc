// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/kdump_header.h"

#include <fmt/core.h>

#include <cctype>
#include <cstring>
#include <string_view>

#include "base/checked.h"
#include "dump/physical_memory.h"

namespace kmortem::dump {

namespace {

constexpr size_t kUtsLength = 65;
constexpr uint64_t kMaxNotes = uint64_t{64} << 20;

// All of it little-endian, as x86-64 writes it.
struct DiskDumpHeader {
  char signature[8];
  int32_t header_version;
  char utsname[6][kUtsLength];  // sysname, nodename, release, version, machine, domainname
  char padding[6];
  int64_t seconds;
  int64_t microseconds;
  uint32_t status;
  int32_t block_size;
  int32_t sub_hdr_size;
  uint32_t bitmap_blocks;
  uint32_t max_mapnr;
  uint32_t total_ram_blocks;
  uint32_t device_blocks;
  uint32_t written_blocks;
  uint32_t current_cpu;
  int32_t nr_cpus;
};
static_assert(sizeof(DiskDumpHeader) == 464);

struct SubHeader {
  uint64_t phys_base;
  int32_t dump_level;          // header version 1
  int32_t split;               // 2
  uint64_t start_pfn;          // 2
  uint64_t end_pfn;            // 2
  uint64_t offset_vmcoreinfo;  // 3
  uint64_t size_vmcoreinfo;    // 3
  uint64_t offset_note;        // 4
  uint64_t size_note;          // 4
  uint64_t offset_eraseinfo;   // 5
  uint64_t size_eraseinfo;     // 5
  uint64_t start_pfn_64;       // 6
  uint64_t end_pfn_64;         // 6
  uint64_t max_mapnr_64;       // 6
};
static_assert(sizeof(SubHeader) == 104);

std::unexpected<Error> damaged(const FileView& file, std::string_view what) {
  return fail(fmt::format("{}: the kdump header is damaged or cut off: {}", file.name(), what));
}

std::string_view machine_of(const DiskDumpHeader& header) {
  const std::string_view field(header.utsname[4], kUtsLength);
  return field.substr(0, field.find('\0'));
}

bool plausible_name(std::string_view name) {
  for (const char c : name) {
    if (isalnum(static_cast<unsigned char>(c)) == 0 && c != '_') return false;
  }
  return !name.empty();
}

Result<void> check_header(const FileView& file, const DiskDumpHeader& header) {
  const std::string_view machine = machine_of(header);
  if (machine != "x86_64" && plausible_name(machine)) {
    return fail(fmt::format("{}: a dump of {}; only x86-64 is supported", file.name(), machine));
  }
  if (header.block_size != static_cast<int32_t>(kPageSize)) {
    return fail(fmt::format("{}: a kdump with {} bytes a page; only x86-64 with 4096 is supported",
                            file.name(), header.block_size));
  }
  if (header.header_version < 1 || header.sub_hdr_size < 1) {
    return damaged(file, "no sub header");
  }
  return {};
}

KdumpHeader interpret(const DiskDumpHeader& header, const SubHeader& sub) {
  KdumpHeader result;
  result.version = header.header_version;
  result.timestamp = header.seconds;
  result.status = header.status;
  result.phys_base = sub.phys_base;
  result.dump_level = sub.dump_level;
  result.max_pfn = result.version >= 6 ? sub.max_mapnr_64 : header.max_mapnr;
  result.descriptors_offset =
      (1 + static_cast<uint64_t>(header.sub_hdr_size) + header.bitmap_blocks) * kPageSize;
  result.bitmaps_offset = (1 + static_cast<uint64_t>(header.sub_hdr_size)) * kPageSize;
  result.bitmap_size = uint64_t{header.bitmap_blocks} / 2 * kPageSize;
  result.node_and_version.assign(header.utsname[0], sizeof header.utsname);
  if (result.version >= 2 && sub.split != 0) {
    result.split = true;
    result.start_pfn = result.version >= 6 ? sub.start_pfn_64 : sub.start_pfn;
    result.end_pfn = result.version >= 6 ? sub.end_pfn_64 : sub.end_pfn;
  }
  if (result.version >= 3) {
    result.vmcoreinfo_offset = sub.offset_vmcoreinfo;
    result.vmcoreinfo_size = sub.size_vmcoreinfo;
  }
  if (result.version >= 4) {
    result.notes_offset = sub.offset_note;
    result.notes_size = sub.size_note;
  }
  return result;
}

Result<void> check_extents(const FileView& file, const DiskDumpHeader& header, const SubHeader& sub,
                           const KdumpHeader& result) {
  const uint64_t bitmaps = uint64_t{header.bitmap_blocks} * kPageSize;
  const uint64_t bitmaps_at = (1 + static_cast<uint64_t>(header.sub_hdr_size)) * kPageSize;
  if (!range_fits(bitmaps_at, bitmaps, file.size())) return damaged(file, "page bitmaps");
  if (result.max_pfn == 0 || result.max_pfn > bitmaps * 8) return damaged(file, "page count");
  if (result.split && (result.start_pfn > result.end_pfn || result.end_pfn > result.max_pfn)) {
    return damaged(file, "range of the split part");
  }
  if (result.notes_size > kMaxNotes || result.vmcoreinfo_size > kMaxNotes) {
    return damaged(file, "size of the notes");
  }
  if (!range_fits(result.notes_offset, result.notes_size, file.size())) {
    return damaged(file, "notes");
  }
  if (!range_fits(result.vmcoreinfo_offset, result.vmcoreinfo_size, file.size())) {
    return damaged(file, "VMCOREINFO");
  }
  if (header.header_version >= 4 &&
      (sub.size_eraseinfo > kMaxNotes ||
       !range_fits(sub.offset_eraseinfo, sub.size_eraseinfo, file.size()))) {
    return damaged(file, "erase information");
  }
  return {};
}

}  // namespace

std::string_view compression_name(uint32_t flags) {
  if ((flags & 0x1) != 0) return "zlib";
  if ((flags & 0x2) != 0) return "lzo";
  if ((flags & 0x4) != 0) return "snappy";
  if ((flags & 0x20) != 0) return "zstd";
  return "none";
}

Result<KdumpHeader> read_kdump_header(const FileView& file) {
  DiskDumpHeader header;
  SubHeader sub;
  if (!file.read_object(0, header) || !file.read_object(kPageSize, sub)) {
    return damaged(file, "the file is too short");
  }
  if (auto good = check_header(file, header); !good) return std::unexpected(good.error());

  KdumpHeader result = interpret(header, sub);
  if (auto good = check_extents(file, header, sub, result); !good) {
    return std::unexpected(good.error());
  }
  return result;
}

std::optional<KdumpHeader> peek_kdump_header(std::span<const std::byte> head) {
  constexpr std::string_view kSignature = "KDUMP   ";
  DiskDumpHeader header;
  SubHeader sub;
  if (head.size() < kPageSize + sizeof sub) return std::nullopt;
  std::memcpy(&header, head.data(), sizeof header);
  std::memcpy(&sub, head.data() + kPageSize, sizeof sub);
  const std::string_view signature(header.signature, sizeof header.signature);
  if (signature != kSignature || header.block_size != static_cast<int32_t>(kPageSize)) {
    return std::nullopt;
  }
  return interpret(header, sub);
}

}  // namespace kmortem::dump
