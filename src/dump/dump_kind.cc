// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/dump_kind.h"

#include <elf.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/checked.h"
#include "dump/decoded_stream.h"
#include "dump/flattened.h"
#include "dump/input_stream.h"
#include "dump/kdump_header.h"
#include "dump/notes.h"

namespace kmortem::dump {

namespace {

constexpr size_t kHeadSize = size_t{16} << 10;
constexpr size_t kMostLayers = 4;  // as open_source()

template <typename T>
bool copy_object(std::span<const std::byte> bytes, uint64_t offset, T& object) {
  if (!range_fits(offset, sizeof object, bytes.size())) return false;
  std::memcpy(&object, bytes.data() + offset, sizeof object);
  return true;
}

/// A process's core has its name and arguments in a note of type NT_PRPSINFO, first or second;
/// /proc/vmcore and QEMU write none.
bool has_process_note(std::span<const std::byte> head, const Elf64_Ehdr& header) {
  for (uint64_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    if (!copy_object(head, header.e_phoff + i * sizeof segment, segment)) return false;
    if (segment.p_type != PT_NOTE || segment.p_offset >= head.size()) continue;
    const auto size = std::min<uint64_t>(segment.p_filesz, head.size() - segment.p_offset);
    bool found = false;
    for_each_note(head.subspan(segment.p_offset, size), [&found](const Note& note) {
      found = found || (note.name == "CORE" && note.type == NT_PRPSINFO);
    });
    return found;
  }
  return false;
}

bool is_kernel_elf(std::span<const std::byte> head) {
  Elf64_Ehdr header;
  if (!copy_object(head, 0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
    return false;
  }
  return header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_type == ET_CORE &&
         header.e_machine == EM_X86_64 && header.e_phentsize == sizeof(Elf64_Phdr) &&
         !has_process_note(head, header);
}

/// What is in `stream` when everything that it is packed in is taken off: its first bytes.
std::vector<std::byte> unpacked_head(std::unique_ptr<PeekedStream> stream) {
  for (size_t layer = 0; layer < kMostLayers; ++layer) {
    const Compression compression = compression_of(stream->head());
    if (compression == Compression::none) break;
    stream = std::make_unique<PeekedStream>(
        std::make_unique<DecodedStream>(std::move(stream), compression));
  }
  std::vector<std::byte> head(kHeadSize);
  head.resize(stream->read(head));
  return head;
}

std::optional<SplitMark> split_mark(std::span<const std::byte> head) {
  const auto header = peek_kdump_header(head);
  if (!header || !header->split) return std::nullopt;
  return SplitMark{fmt::format("{} {} {} {}", header->node_and_version, header->timestamp,
                               header->max_pfn, header->dump_level),
                   header->start_pfn, header->end_pfn};
}

}  // namespace

bool begins_as_kernel_dump(std::span<const std::byte> head) {
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  return text.starts_with("KDUMP   ") || is_flattened(head) || is_kernel_elf(head);
}

DumpHead read_dump_head(const std::string& path) {
  struct stat status = {};
  // O_NONBLOCK: a FIFO put there since must not hold anybody up.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return {};
  auto stream = std::make_unique<DescriptorStream>(fd);
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return {};
  const auto head = unpacked_head(std::make_unique<PeekedStream>(std::move(stream)));
  return {begins_as_kernel_dump(head), split_mark(head)};
}

bool holds_a_kernel_dump(const std::string& path) {
  return read_dump_head(path).of_kernel;
}

}  // namespace kmortem::dump
