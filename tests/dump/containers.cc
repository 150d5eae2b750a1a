// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/containers.h"

#include <endian.h>

#include <algorithm>

namespace kmortem::test {

namespace {

struct Run {
  uint64_t begin;
  uint64_t end;
  bool excluded;
};

std::vector<Run> runs_of(const FakePhysical& memory, const std::set<uint64_t>& excluded) {
  std::vector<Run> runs;
  for (const auto& [address, page] : memory.pages) {
    const bool out = excluded.contains(address);
    if (!runs.empty() && runs.back().end == address && runs.back().excluded == out) {
      runs.back().end += dump::kPageSize;
    } else {
      runs.push_back({address, address + dump::kPageSize, out});
    }
  }
  return runs;
}

void set_bit(Bytes& file, uint64_t bitmap, uint64_t number) {
  file.data()[bitmap + number / 8] |= static_cast<std::byte>(1u << (number % 8));
}

}  // namespace

std::vector<std::byte> make_elf(const FakePhysical& memory, const ElfOptions& options) {
  const auto runs = runs_of(memory, options.excluded);
  Elf64_Ehdr header = {};
  memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = options.type;
  header.e_machine = options.machine;
  header.e_version = EV_CURRENT;
  header.e_phoff = sizeof header;
  header.e_ehsize = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = static_cast<uint16_t>(runs.size() + 1);

  Bytes file;
  file.put(0, header);
  uint64_t data = std::max(options.data_offset, 0x1000 + options.notes.size());
  Elf64_Phdr note = {};
  note.p_type = PT_NOTE;
  note.p_offset = 0x1000;
  note.p_filesz = note.p_memsz = options.notes.size();
  file.put(sizeof header, note);
  file.put_bytes(0x1000, options.notes);
  uint64_t at = sizeof header + sizeof note;
  for (const Run& run : runs) {
    Elf64_Phdr load = {};
    load.p_type = PT_LOAD;
    load.p_offset = data;
    load.p_paddr = run.begin;
    load.p_memsz = run.end - run.begin;
    load.p_filesz = run.excluded ? 0 : load.p_memsz;
    file.put(at, load);
    at += sizeof load;
    for (uint64_t page = run.begin; page < run.end && !run.excluded; page += dump::kPageSize) {
      file.put_bytes(data, memory.pages.at(page));
      data += dump::kPageSize;
    }
  }
  return file.data();
}

std::vector<std::byte> make_kdump(const FakePhysical& memory, const KdumpOptions& options) {
  constexpr uint64_t kPage = dump::kPageSize;
  const uint64_t frames = (memory.pages.rbegin()->first >> dump::kPageShift) + 1;
  const uint64_t bitmap_pages = (frames + 8 * kPage - 1) / (8 * kPage);
  const uint64_t notes_room = (options.notes.size() + kPage - 1) / kPage;
  Bytes file;
  file.put_text(0, "KDUMP   ");
  file.put(8, options.version);
  file.put_text(12 + 4 * 65, options.machine);
  file.put(408, options.timestamp);
  file.put(424, options.status);
  file.put(428, int32_t{4096});
  file.put(432, static_cast<int32_t>(1 + notes_room));
  file.put(436, static_cast<uint32_t>(2 * bitmap_pages));
  file.put(440, static_cast<uint32_t>(frames));
  file.put(kPage + 8, options.dump_level);
  file.put(kPage + 48, uint64_t{2 * kPage});
  file.put(kPage + 56, uint64_t{options.notes.size()});
  file.put(kPage + 96, frames);
  file.put_bytes(2 * kPage, options.notes);

  const uint64_t ram_bitmap = (2 + notes_room) * kPage;
  const uint64_t dump_bitmap = ram_bitmap + bitmap_pages * kPage;
  const uint64_t descriptors = dump_bitmap + bitmap_pages * kPage;
  file.put(descriptors - 1, '\0');
  const auto here = [&options](uint64_t address) {
    const uint64_t frame = address >> dump::kPageShift;
    return !options.excluded.contains(address) &&
           (!options.split || (frame >= options.split->first && frame < options.split->second));
  };
  if (options.split) {
    file.put(kPage + 12, int32_t{1});
    file.put(kPage + 80, options.split->first);
    file.put(kPage + 88, options.split->second);
  }
  uint64_t stored = 0;
  for (const auto& [address, page] : memory.pages) {
    set_bit(file, ram_bitmap, address >> dump::kPageShift);
    if (options.excluded.contains(address)) continue;
    set_bit(file, dump_bitmap, address >> dump::kPageShift);
    stored += here(address) ? 1 : 0;
  }
  uint64_t at = descriptors;
  uint64_t data = descriptors + stored * 24;
  for (const auto& [address, page] : memory.pages) {
    if (!here(address)) continue;
    const auto packed = options.compressed.find(address);
    std::span<const std::byte> bytes = page;
    if (packed != options.compressed.end()) bytes = packed->second.second;
    file.put(at, data);
    file.put(at + 8, static_cast<uint32_t>(bytes.size()));
    file.put(at + 12, packed != options.compressed.end() ? packed->second.first : uint32_t{0});
    file.put_bytes(data, bytes);
    at += 24;
    data += bytes.size();
  }
  return file.data();
}

Bytes stream_header() {
  Bytes stream;
  stream.put_text(0, "makedumpfile");
  stream.put(16, htobe64(1));
  stream.put(24, htobe64(1));
  stream.pad(4096);
  return stream;
}

void append_record(Bytes& stream, uint64_t offset, uint64_t size, std::span<const std::byte> data) {
  stream.append(htobe64(offset));
  stream.append(htobe64(size));
  stream.append_bytes(data);
}

std::vector<std::byte> flatten(std::span<const std::byte> file, uint64_t record_size) {
  Bytes stream = stream_header();
  std::vector<uint64_t> starts;
  for (uint64_t at = 0; at < file.size(); at += record_size) starts.push_back(at);
  std::ranges::rotate(starts, starts.begin() + 1);
  for (const uint64_t at : starts) {
    const auto part = file.subspan(at, std::min<uint64_t>(record_size, file.size() - at));
    append_record(stream, at, part.size(), part);
  }
  append_record(stream, UINT64_MAX, UINT64_MAX, {});
  return stream.data();
}

}  // namespace kmortem::test
