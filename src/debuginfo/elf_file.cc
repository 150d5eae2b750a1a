// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/elf_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "base/checked.h"
#include "debuginfo/compressed_sections.h"
#include "debuginfo/unpack.h"

namespace kmortem::debuginfo {

namespace {

std::vector<std::byte> first_bytes(const Descriptor& file) {
  std::vector<std::byte> bytes(4096);
  const ssize_t got = pread(file.get(), bytes.data(), bytes.size(), 0);
  bytes.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return bytes;
}

bool has_text(std::span<const std::byte> bytes, size_t offset, std::string_view text) {
  return range_fits(offset, text.size(), bytes.size()) &&
         std::memcmp(bytes.data() + offset, text.data(), text.size()) == 0;
}

std::string why_not_elf(const Descriptor& file) {
  const auto head = first_bytes(file);
  // Offset and text of the boot protocol's signature (Documentation/arch/x86/boot.rst).
  if (has_text(head, 0x202, "HdrS")) {
    return "is a bzImage (vmlinuz), which has no debug information: give the vmlinux of the same "
           "build (package linux-image-...-dbg or kernel-debuginfo)";
  }
  if (has_text(head, 0, "kmprofil")) return "is a profile: give it with --profile";
  return "is not an ELF file";
}

std::string why_unsuitable(Elf* elf, const Descriptor& file) {
  if (elf == nullptr) return elf_errmsg(-1);
  if (elf_kind(elf) != ELF_K_ELF) return why_not_elf(file);
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
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return fail(path + ": " + std::strerror(errno));
  struct stat status = {};
  if (fstat(file.get(), &status) == 0 && !S_ISREG(status.st_mode)) {
    return fail(path + ": is not a regular file");
  }
  if (const Compression packed = compression_of(first_bytes(file)); packed != Compression::none) {
    auto unpacked = unpack(file, packed);
    if (!unpacked) return fail(path + ": " + unpacked.error().message);
    file = std::move(*unpacked);
  }
  Handle elf(elf_begin(file.get(), ELF_C_READ_MMAP, nullptr));
  std::string reason = why_unsuitable(elf.get(), file);
  size_t names = 0;
  if (reason.empty() && elf_getshdrstrndx(elf.get(), &names) != 0) {
    reason = "has no usable section headers (truncated?)";
  }
  if (!reason.empty()) return fail(path + ": " + reason);
  return std::shared_ptr<const ElfFile>(new ElfFile(path, std::move(file), std::move(elf), names));
}

Result<void> ElfFile::make_readable_copy() const {
  if (copy_elf_ != nullptr) return {};
  auto copy = unpack_zstd_sections(elf_.get());
  if (!copy) return fail(path_ + ": " + copy.error().message);
  copy_ = std::move(*copy);
  copy_elf_.reset(elf_begin(copy_.get(), ELF_C_READ_MMAP, nullptr));
  if (copy_elf_ == nullptr) return fail(path_ + ": unpacked: " + elf_errmsg(-1));
  return {};
}

Result<Elf*> ElfFile::dwarf_handle() const {
  if (!has_zstd_sections(elf_.get())) return elf_.get();
  if (auto made = make_readable_copy(); !made) return std::unexpected(made.error());
  return copy_elf_.get();
}

Result<int> ElfFile::dwarf_descriptor() const {
  if (!has_zstd_sections(elf_.get())) return file_.get();
  if (auto made = make_readable_copy(); !made) return std::unexpected(made.error());
  return copy_.get();
}

template <typename Predicate>
std::optional<ElfFile::Section> ElfFile::find_section(Predicate wanted) const {
  for (Elf_Scn* scn = nullptr; (scn = elf_nextscn(elf_.get(), scn)) != nullptr;) {
    const Elf64_Shdr* header = elf64_getshdr(scn);
    if (header == nullptr) continue;
    Section section{*header, scn, elf_ndxscn(scn)};
    if (wanted(section)) return section;
  }
  return std::nullopt;
}

std::optional<ElfFile::Section> ElfFile::section(std::string_view name) const {
  return find_section([&](const Section& candidate) {
    const char* text = elf_strptr(elf_.get(), section_names_, candidate.header.sh_name);
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
  Elf_Scn* scn = elf_getscn(elf_.get(), index);
  const Elf64_Shdr* header = scn != nullptr ? elf64_getshdr(scn) : nullptr;
  if (header == nullptr) return std::nullopt;
  return Section{*header, scn, index};
}

bool ElfFile::has_debug_section(std::string_view name) const {
  for (const std::string& each : {std::string(name), ".z" + std::string(name.substr(1))}) {
    const auto found = section(each);
    if (found && found->header.sh_type != SHT_NOBITS && found->header.sh_size != 0) return true;
  }
  return false;
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
