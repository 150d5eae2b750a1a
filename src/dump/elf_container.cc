// SPDX-License-Identifier: GPL-3.0-or-later
#include <elf.h>
#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "base/checked.h"
#include "dump/container.h"
#include "dump/elf_segments.h"

// ELF dumps are read here and not by libkdumpfile, whose 0.5.1 fills filtered pages (p_memsz
// beyond p_filesz, as makedumpfile -E writes them) with zeros, and dies of SIGBUS where a truncated
// file ends inside one of its mappings.

namespace kmortem::dump {

namespace {

constexpr uint64_t kMaxNotes = uint64_t{64} << 20;
constexpr uint64_t kKernelImage = 0xffffffff80000000;

class ElfMemory : public PhysicalMemory {
 public:
  ElfMemory(std::shared_ptr<const FileView> file,
            std::shared_ptr<const std::vector<ElfSegment>> segments)
      : file_(std::move(file)), segments_(std::move(segments)) {}

  ReadResult<void> read(uint64_t address, std::span<std::byte> out) override {
    while (!out.empty()) {
      if (last_ == nullptr || address < last_->begin || address >= last_->readable_end) {
        last_ = find_segment(*segments_, address);
        if (last_ == nullptr || address >= last_->stored_end) {
          return std::unexpected(ReadError{ReadError::Kind::excluded, address});
        }
        if (address >= last_->readable_end) {
          return std::unexpected(ReadError{ReadError::Kind::truncated, address});
        }
      }
      const uint64_t length = std::min<uint64_t>(out.size(), last_->readable_end - address);
      if (!file_->read(last_->file_offset + (address - last_->begin), out.first(length))) {
        return std::unexpected(ReadError{ReadError::Kind::truncated, address});
      }
      out = out.subspan(length);
      address += length;
    }
    return {};
  }

  std::span<const std::byte> mapped(uint64_t address, uint64_t length) const override {
    const ElfSegment* segment = find_segment(*segments_, address);
    if (segment == nullptr || address >= segment->readable_end) return {};
    if (length > segment->readable_end - address) return {};
    return file_->mapped(segment->file_offset + (address - segment->begin), length);
  }

  std::vector<PhysicalRange> ranges() const override {
    std::vector<PhysicalRange> ranges;
    for (const ElfSegment& segment : *segments_) {
      if (!ranges.empty() && ranges.back().end == segment.begin) {
        ranges.back().end = segment.readable_end;
      } else {
        ranges.push_back({segment.begin, segment.readable_end});
      }
    }
    for (PhysicalRange& range : ranges) {
      range.begin = (range.begin + kPageSize - 1) & ~(kPageSize - 1);
      range.end &= ~(kPageSize - 1);
    }
    std::erase_if(ranges, [](const PhysicalRange& range) { return range.begin >= range.end; });
    return ranges;
  }

  std::unique_ptr<PhysicalMemory> clone() const override {
    return std::make_unique<ElfMemory>(file_, segments_);
  }

 private:
  std::shared_ptr<const FileView> file_;
  std::shared_ptr<const std::vector<ElfSegment>> segments_;
  const ElfSegment* last_ = nullptr;
};

std::string machine_name(uint16_t machine) {
  switch (machine) {
    case EM_386:
      return "32-bit x86";
    case EM_AARCH64:
      return "arm64";
    case EM_ARM:
      return "arm";
    case EM_PPC64:
      return "ppc64";
    case EM_S390:
      return "s390";
    case EM_RISCV:
      return "riscv";
    case EM_LOONGARCH:
      return "loongarch";
    default:
      return fmt::format("machine type {}", machine);
  }
}

Result<void> check_header(const FileView& file, const Elf64_Ehdr& header) {
  if (header.e_ident[EI_DATA] != ELFDATA2LSB) {
    return fail(fmt::format("{}: a big-endian ELF file; only x86-64 is supported", file.name()));
  }
  if (header.e_machine != EM_X86_64) {
    return fail(fmt::format("{}: an ELF file of {}; only x86-64 is supported", file.name(),
                            machine_name(header.e_machine)));
  }
  if (header.e_ident[EI_CLASS] != ELFCLASS64) {
    return fail(fmt::format("{}: a 32-bit ELF file; only 64-bit dumps are supported", file.name()));
  }
  if (header.e_type != ET_CORE) {
    return fail(
        fmt::format("{}: an ELF file, but not a dump (a vmlinux or program?); a vmlinux is "
                    "given with --vmlinux",
                    file.name()));
  }
  return {};
}

Result<std::vector<Elf64_Phdr>> program_headers(const FileView& file, const Elf64_Ehdr& header) {
  uint64_t count = header.e_phnum;
  if (count == PN_XNUM) {
    // More segments than e_phnum can say: the count is in the first section header.
    Elf64_Shdr first;
    if (!file.read_object(header.e_shoff, first)) first.sh_info = 0;
    count = first.sh_info;
  }
  const uint64_t size = count * sizeof(Elf64_Phdr);
  if (count == 0 || header.e_phentsize != sizeof(Elf64_Phdr) ||
      !range_fits(header.e_phoff, size, file.size())) {
    return fail(fmt::format("{}: the ELF program headers are damaged or cut off", file.name()));
  }
  std::vector<Elf64_Phdr> headers(count);
  if (!file.read(header.e_phoff, std::as_writable_bytes(std::span(headers)))) {
    return fail(fmt::format("{}: the ELF program headers cannot be read", file.name()));
  }
  return headers;
}

std::vector<std::byte> read_notes(const FileView& file, std::span<const Elf64_Phdr> headers) {
  std::vector<std::byte> notes;
  for (const Elf64_Phdr& header : headers) {
    if (header.p_type != PT_NOTE || header.p_offset >= file.size()) continue;
    const uint64_t size =
        std::min({header.p_filesz, file.size() - header.p_offset, kMaxNotes - notes.size()});
    const size_t old_size = notes.size();
    notes.resize(old_size + size);
    if (!file.read(header.p_offset, std::span(notes).subspan(old_size))) notes.resize(old_size);
  }
  return notes;
}

/// A process's core has no physical addresses, and maps the lower half.
bool is_process_core(std::span<const Elf64_Phdr> headers) {
  constexpr uint64_t kLowerHalfEnd = uint64_t{1} << 56;
  size_t user_loads = 0;
  for (const Elf64_Phdr& header : headers) {
    if (header.p_type != PT_LOAD) continue;
    if (header.p_paddr != 0) return false;
    if (header.p_vaddr != 0 && header.p_vaddr < kLowerHalfEnd) ++user_loads;
  }
  return user_loads > 1;
}

std::optional<uint64_t> image_phys_base(std::span<const Elf64_Phdr> headers) {
  for (const Elf64_Phdr& header : headers) {
    // kexec describes the kernel's image by a segment of its own; modules lie above it.
    if (header.p_type == PT_LOAD && header.p_vaddr >= kKernelImage &&
        header.p_vaddr < kKernelImage + (uint64_t{1} << 30)) {
      return header.p_paddr - (header.p_vaddr - kKernelImage);
    }
  }
  return std::nullopt;
}

}  // namespace

Result<Container> open_elf(std::shared_ptr<const FileView> file) {
  Elf64_Ehdr header;
  if (!file->read_object(0, header)) {
    return fail(fmt::format("{}: ends inside the ELF header", file->name()));
  }
  if (auto good = check_header(*file, header); !good) return std::unexpected(good.error());
  auto headers = program_headers(*file, header);
  if (!headers) return std::unexpected(headers.error());
  if (is_process_core(*headers)) {
    return fail(fmt::format("{}: the core of a process, not a dump of a kernel", file->name()));
  }
  auto segments = std::make_shared<std::vector<ElfSegment>>(elf_segments(*headers, file->size()));
  if (segments->empty()) {
    return fail(fmt::format("{}: an ELF core without any memory in it", file->name()));
  }

  Container container;
  container.format = "elf";
  container.notes = read_notes(*file, *headers);
  container.vmcoreinfo = vmcoreinfo_note(container.notes);
  container.phys_base = image_phys_base(*headers);
  for (const ElfSegment& segment : *segments) {
    container.present_bytes += segment.readable_end - segment.begin;
    container.excluded_pages += (segment.end - segment.stored_end) / kPageSize;
    if (segment.readable_end < segment.stored_end) container.truncated = true;
  }
  container.memory = std::make_unique<ElfMemory>(std::move(file), std::move(segments));
  return container;
}

}  // namespace kmortem::dump
