// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/elf_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace kmortem::debuginfo {

namespace {

// Offset and text of the boot protocol's signature (Documentation/arch/x86/boot.rst).
bool is_bzimage(int fd) {
  char magic[4] = {};
  return pread(fd, magic, sizeof magic, 0x202) == 4 && std::memcmp(magic, "HdrS", 4) == 0;
}

std::string why_not_elf(int fd) {
  if (is_bzimage(fd)) return "is a bzImage, not vmlinux: the uncompressed ELF file is needed";
  return "is not an ELF file";
}

std::string why_unsuitable(Elf* elf, int fd) {
  if (elf == nullptr) return elf_errmsg(-1);
  if (elf_kind(elf) != ELF_K_ELF) return why_not_elf(fd);
  const Elf64_Ehdr* header = elf64_getehdr(elf);
  if (header == nullptr || header->e_machine != EM_X86_64) {
    return "is not an x86-64 ELF file";
  }
  return "";
}

std::string note_build_id(Elf_Data* data) {
  GElf_Nhdr note = {};
  size_t name = 0;
  size_t desc = 0;
  for (size_t at = 0; (at = gelf_getnote(data, at, &note, &name, &desc)) != 0;) {
    const auto* bytes = static_cast<const char*>(data->d_buf);
    const bool gnu = note.n_namesz == 4 && std::memcmp(bytes + name, "GNU", 4) == 0;
    if (!gnu || note.n_type != NT_GNU_BUILD_ID || note.n_descsz > 64) continue;
    std::string hex;
    for (size_t i = 0; i < note.n_descsz; ++i) {
      hex += fmt::format("{:02x}", static_cast<unsigned char>(bytes[desc + i]));
    }
    return hex;
  }
  return "";
}

}  // namespace

Result<std::shared_ptr<const ElfFile>> ElfFile::open(const std::string& path) {
  elf_version(EV_CURRENT);
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(path + ": " + std::strerror(errno));
  struct stat status = {};
  if (fstat(fd, &status) == 0 && !S_ISREG(status.st_mode)) {
    ::close(fd);
    return fail(path + ": is not a regular file");
  }
  Elf* elf = elf_begin(fd, ELF_C_READ_MMAP, nullptr);
  std::string reason = why_unsuitable(elf, fd);
  size_t names = 0;
  if (reason.empty() && elf_getshdrstrndx(elf, &names) != 0) {
    reason = "has no usable section headers (truncated?)";
  }
  if (!reason.empty()) {
    elf_end(elf);
    ::close(fd);
    return fail(path + ": " + reason);
  }
  return std::shared_ptr<const ElfFile>(new ElfFile(path, fd, elf, names));
}

ElfFile::~ElfFile() {
  elf_end(elf_);
  ::close(fd_);
}

template <typename Predicate>
std::optional<ElfFile::Section> ElfFile::find_section(Predicate wanted) const {
  for (Elf_Scn* scn = nullptr; (scn = elf_nextscn(elf_, scn)) != nullptr;) {
    const Elf64_Shdr* header = elf64_getshdr(scn);
    if (header == nullptr) continue;
    Section section{*header, scn, elf_ndxscn(scn)};
    if (wanted(section)) return section;
  }
  return std::nullopt;
}

std::optional<ElfFile::Section> ElfFile::section(std::string_view name) const {
  return find_section([&](const Section& candidate) {
    const char* text = elf_strptr(elf_, section_names_, candidate.header.sh_name);
    return text != nullptr && name == text;
  });
}

std::optional<ElfFile::Section> ElfFile::section_of_type(uint32_t type) const {
  return find_section([&](const Section& candidate) { return candidate.header.sh_type == type; });
}

std::optional<ElfFile::Section> ElfFile::section_at(uint64_t address) const {
  return find_section([&](const Section& candidate) {
    const Elf64_Shdr& header = candidate.header;
    return (header.sh_flags & SHF_ALLOC) != 0 && address >= header.sh_addr &&
           address - header.sh_addr < header.sh_size;
  });
}

std::optional<ElfFile::Section> ElfFile::section_by_index(size_t index) const {
  Elf_Scn* scn = elf_getscn(elf_, index);
  const Elf64_Shdr* header = scn != nullptr ? elf64_getshdr(scn) : nullptr;
  if (header == nullptr) return std::nullopt;
  return Section{*header, scn, index};
}

bool ElfFile::has_debug_section(std::string_view name) const {
  if (section(name)) return true;
  return name.size() > 1 && section(".z" + std::string(name.substr(1))).has_value();
}

std::span<const std::byte> ElfFile::contents(const Section& section) const {
  if (section.header.sh_type == SHT_NOBITS) return {};
  const Elf_Data* data = elf_rawdata(section.scn, nullptr);
  if (data == nullptr || data->d_buf == nullptr) return {};
  return {static_cast<const std::byte*>(data->d_buf), data->d_size};
}

std::span<const std::byte> ElfFile::bytes_at(uint64_t address) const {
  const auto section = section_at(address);
  if (!section) return {};
  const auto bytes = contents(*section);
  const uint64_t offset = address - section->header.sh_addr;
  if (offset >= bytes.size()) return {};
  return bytes.subspan(offset);
}

std::string ElfFile::build_id() const {
  std::string found;
  find_section([&](const Section& candidate) {
    if (candidate.header.sh_type != SHT_NOTE) return false;
    Elf_Data* data = elf_getdata(candidate.scn, nullptr);
    if (data != nullptr) found = note_build_id(data);
    return !found.empty();
  });
  return found;
}

}  // namespace kmortem::debuginfo
