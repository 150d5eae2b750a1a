// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/problems.h"

namespace kmortem::model {

enum class VmcoreinfoSource : uint8_t { none, note, memory };

/// A file of a split dump (makedumpfile --split), and the physical memory [begin, end) it is for.
struct DumpPart {
  std::string path;
  uint64_t begin = 0;
  uint64_t end = 0;
};

/// What the dump's notes say about the CPUs.
struct RegisterNotes {
  int cpus = 0;          ///< CPUs with general registers
  int control_cpus = 0;  ///< of them, those with control registers too (QEMU's notes)
};

/// What the dump is, and what it lacks.
struct DumpInfo {
  std::string path;             ///< as given; the first one of several; "-" for standard input
  std::vector<DumpPart> parts;  ///< of a split dump, ascending; else empty
  uint64_t missing_pages = 0;   ///< pages in parts that were not given
  std::vector<std::string> packed_in;  ///< "zstd", "gzip", ..., the outermost first
  bool piped = false;                  ///< read from a pipe or standard input
  std::string format;                  ///< "elf", "kdump"
  bool flattened = false;              ///< makedumpfile's stream format, as QEMU writes it
  std::string compression;  ///< "none", "zlib", "lzo", "snappy", "zstd"; as far as pages told
  uint64_t file_size = 0;   ///< of what was given, archives as they are; 0 from a pipe
  bool truncated = false;
  uint64_t present_bytes = 0;   ///< physical memory that the dump holds
  uint64_t excluded_pages = 0;  ///< RAM pages that were filtered out; 0 when not known
  int dump_level = -1;          ///< makedumpfile's -d, when the file says so
  RegisterNotes registers;
  VmcoreinfoSource vmcoreinfo = VmcoreinfoSource::none;
  std::string release;   ///< OSRELEASE: "6.1.0-56-amd64"
  std::string build_id;  ///< lower-case hex; empty before 5.9 and without VMCOREINFO
  uint64_t kaslr_offset = 0;
  std::string kaslr_from;  ///< where it is known from: "VMCOREINFO", "the IDT", ...; else empty
  uint64_t phys_base = 0;
  int page_table_levels = 0;
  std::string page_tables;  ///< whose they are: "the kernel's", ...; empty when there are none
  std::string panic_time;   ///< ISO 8601, UTC; empty when unknown
  std::vector<Problem> problems;  ///< what the file could not give, found while opening it
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
