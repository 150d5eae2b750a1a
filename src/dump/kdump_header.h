// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "dump/file_view.h"

namespace kmortem::dump {

/// What the headers of a kdump-compressed file say (disk_dump_header and kdump_sub_header,
/// makedumpfile's diskdump_mod.h and IMPLEMENTATION), checked against the file's size.
struct KdumpHeader {
  int version = 0;
  int64_t timestamp = 0;  ///< seconds since 1970 when the dump was written, 0 when not set
  uint32_t status = 0;
  uint64_t phys_base = 0;
  int dump_level = -1;
  uint64_t max_pfn = 0;
  uint64_t bitmaps_offset = 0;      ///< of the RAM bitmap, which the bitmap of dumped pages follows
  uint64_t bitmap_size = 0;         ///< of each of the two, in bytes
  uint64_t descriptors_offset = 0;  ///< of the first page descriptor
  uint64_t vmcoreinfo_offset = 0, vmcoreinfo_size = 0;
  uint64_t notes_offset = 0, notes_size = 0;
  bool split = false;  ///< a part of several, with the pages of frames [start_pfn, end_pfn)
  uint64_t start_pfn = 0, end_pfn = 0;
  std::string node_and_version;  ///< utsname's fields, for telling dumps apart

  /// makedumpfile ran out of space or was stopped, and said so.
  bool incomplete() const { return (status & 0x8) != 0; }
};

/// The same of a file's first bytes, nothing checked against its size: for telling files apart.
/// Nothing where they are too few or no such header.
std::optional<KdumpHeader> peek_kdump_header(std::span<const std::byte> head);

/// A page descriptor (page_desc_t): where a page's data lies in the file.
struct KdumpPage {
  uint64_t offset = 0;
  uint32_t size = 0;
  uint32_t flags = 0;
  uint64_t page_flags = 0;
};

/// "zlib", "lzo", "snappy", "zstd", or "none", by the bits that the header's status and a page's
/// flags have in common.
std::string_view compression_name(uint32_t flags);

/// Reads and checks the headers. libkdumpfile is only let near files whose bitmaps and notes are
/// all there: it trusts these sizes. Fails with one line: another architecture, damaged, cut off.
Result<KdumpHeader> read_kdump_header(const FileView& file);

}  // namespace kmortem::dump
