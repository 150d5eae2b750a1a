// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace kmortem::model {

enum class VmcoreinfoSource : uint8_t { none, note, memory };

/// What the dump is, and what it lacks.
struct DumpInfo {
  std::string path;
  std::string format;       ///< "elf", "kdump"
  bool flattened = false;   ///< makedumpfile's stream format, as QEMU writes it
  std::string compression;  ///< "none", "zlib", "lzo", "snappy", "zstd"; as far as pages told
  uint64_t file_size = 0;
  bool truncated = false;
  uint64_t present_bytes = 0;   ///< physical memory that the dump holds
  uint64_t excluded_pages = 0;  ///< RAM pages that were filtered out; 0 when not known
  int dump_level = -1;          ///< makedumpfile's -d, when the file says so
  VmcoreinfoSource vmcoreinfo = VmcoreinfoSource::none;
  std::string release;   ///< OSRELEASE: "6.1.0-56-amd64"
  std::string build_id;  ///< lower-case hex; empty before 5.9 and without VMCOREINFO
  uint64_t kaslr_offset = 0;
  uint64_t phys_base = 0;
  int page_table_levels = 0;
  std::string panic_time;  ///< ISO 8601, UTC; empty when unknown
};

/// The debuginfo that the answers rest on.
struct DebuginfoInfo {
  std::string path;           ///< vmlinux or profile
  bool from_profile = false;  ///< given with --profile
  bool from_cache = false;    ///< no DWARF was opened
  std::string build_id;
  bool matched_by_build_id = false;  ///< else by release and version string
};

}  // namespace kmortem::model
