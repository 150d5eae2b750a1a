// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <elf.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "dump/bytes.h"
#include "dump/fake_physical.h"

namespace kmortem::test {

struct ElfOptions {
  std::vector<std::byte> notes = {};
  std::set<uint64_t> excluded = {};  ///< pages that the file describes but does not hold
  uint16_t machine = EM_X86_64;
  uint16_t type = ET_CORE;
  uint64_t data_offset = 0x2345;  ///< of the first page: QEMU aligns nothing
};

/// An ELF core of `memory`; one PT_LOAD a run of present or excluded pages.
std::vector<std::byte> make_elf(const FakePhysical& memory, const ElfOptions& options);

struct KdumpOptions {
  std::vector<std::byte> notes = {};
  std::set<uint64_t> excluded = {};
  std::map<uint64_t, std::pair<uint32_t, std::vector<std::byte>>> compressed =
      {};  ///< page address to its flags and compressed bytes
  uint32_t status = 0;
  int32_t version = 6;
  int32_t dump_level = 31;
  std::string machine = "x86_64";
  int64_t timestamp = 0;
  /// Frames [first, second) only, as one file of makedumpfile --split.
  std::optional<std::pair<uint64_t, uint64_t>> split = {};
};

/// A kdump-compressed file of `memory`, pages stored as they are unless `compressed` has them.
std::vector<std::byte> make_kdump(const FakePhysical& memory, const KdumpOptions& options);

/// `file` as makedumpfile -F would stream it, in records of `record_size`, the header last.
std::vector<std::byte> flatten(std::span<const std::byte> file, uint64_t record_size);

/// One record of a stream.
void append_record(Bytes& stream, uint64_t offset, uint64_t size, std::span<const std::byte> data);

/// The 4096 bytes that a stream begins with.
Bytes stream_header();

}  // namespace kmortem::test
