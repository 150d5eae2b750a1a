// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/compressed_sections.h"

#include <elf.h>
#include <unistd.h>

#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "debuginfo/anonymous_file.h"
#include "debuginfo/unpack.h"

namespace kmortem::debuginfo {

namespace {

// <elf.h> of glibc 2.36 does not have it.
constexpr uint32_t kElfCompressZstd = 2;
// zstd's best on DWARF is some thirty; a header that claims more than this is damaged.
constexpr uint64_t kLargestRatio = 4096;
constexpr uint64_t kLargestSection = uint64_t{2} << 30;
constexpr uint64_t kLargestCopy = uint64_t{8} << 30;
constexpr uint64_t kAlignment = 16;

std::span<const std::byte> raw_bytes(Elf_Scn* scn) {
  const Elf64_Shdr* header = elf64_getshdr(scn);
  if (header == nullptr || header->sh_type == SHT_NOBITS) return {};
  const Elf_Data* data = elf_rawdata(scn, nullptr);
  if (data == nullptr || data->d_buf == nullptr) return {};
  return {static_cast<const std::byte*>(data->d_buf), data->d_size};
}

std::optional<Elf64_Chdr> zstd_header(Elf_Scn* scn) {
  const Elf64_Shdr* header = elf64_getshdr(scn);
  if (header == nullptr || (header->sh_flags & SHF_COMPRESSED) == 0) return std::nullopt;
  const auto bytes = raw_bytes(scn);
  Elf64_Chdr compression;
  if (bytes.size() < sizeof compression) return std::nullopt;
  std::memcpy(&compression, bytes.data(), sizeof compression);
  if (compression.ch_type != kElfCompressZstd) return std::nullopt;
  return compression;
}

/// Writes sections one behind the other and keeps their headers.
class ElfCopy {
 public:
  explicit ElfCopy(const Descriptor& file) : file_(file) {}

  Result<void> start(const Elf64_Ehdr& header);
  Result<void> add(Elf_Scn* scn);
  Result<void> finish(Elf64_Ehdr header, size_t names);

 private:
  Result<void> put(std::span<const std::byte> bytes);
  Result<void> align();

  const Descriptor& file_;
  uint64_t position_ = 0;
  std::vector<Elf64_Shdr> headers_ = std::vector<Elf64_Shdr>(1);
};

Result<void> ElfCopy::put(std::span<const std::byte> bytes) {
  position_ += bytes.size();
  // Headers of a damaged file can all name the whole of it.
  if (position_ > kLargestCopy) return fail("unpacks to more than 8 GB");
  return append(file_, bytes);
}

Result<void> ElfCopy::align() {
  const std::byte zeros[kAlignment] = {};
  return put(std::span(zeros).first((kAlignment - position_ % kAlignment) % kAlignment));
}

Result<void> ElfCopy::start(const Elf64_Ehdr& header) {
  return put(std::as_bytes(std::span(&header, 1)));
}

Result<void> ElfCopy::add(Elf_Scn* scn) {
  const Elf64_Shdr* original = elf64_getshdr(scn);
  Elf64_Shdr header = original != nullptr ? *original : Elf64_Shdr{};
  auto bytes = raw_bytes(scn);
  std::vector<std::byte> unpacked;
  if (const auto compression = zstd_header(scn)) {
    bytes = bytes.subspan(sizeof *compression);
    if (compression->ch_size / kLargestRatio > bytes.size() ||
        compression->ch_size > kLargestSection) {
      return fail("has a damaged compressed section");
    }
    unpacked.resize(compression->ch_size);
    if (!unpack_zstd(bytes, unpacked)) return fail("has a damaged compressed section");
    bytes = unpacked;
    header.sh_flags &= ~uint64_t{SHF_COMPRESSED};
    header.sh_addralign = compression->ch_addralign;
  }
  if (auto aligned = align(); !aligned) return aligned;
  header.sh_offset = position_;
  // What the file does not have (cut off) must not be looked for in the copy.
  if (header.sh_type != SHT_NOBITS) header.sh_size = bytes.size();
  headers_.push_back(header);
  return put(bytes);
}

Result<void> ElfCopy::finish(Elf64_Ehdr header, size_t names) {
  if (auto aligned = align(); !aligned) return aligned;
  header.e_shoff = position_;
  header.e_phoff = 0;
  header.e_phnum = 0;
  // Beyond 16 bits both numbers stand in the first section's header (gABI).
  const bool many = headers_.size() >= SHN_LORESERVE;
  header.e_shnum = many ? 0 : static_cast<Elf64_Half>(headers_.size());
  headers_[0].sh_size = many ? headers_.size() : 0;
  header.e_shstrndx = names < SHN_LORESERVE ? static_cast<Elf64_Half>(names) : SHN_XINDEX;
  headers_[0].sh_link = names < SHN_LORESERVE ? 0 : static_cast<Elf64_Word>(names);
  if (auto put_headers = put(std::as_bytes(std::span(headers_))); !put_headers) return put_headers;
  if (::pwrite(file_.get(), &header, sizeof header, 0) != sizeof header) return fail("no room");
  return {};
}

}  // namespace

bool has_zstd_sections(Elf* elf) {
  for (Elf_Scn* scn = nullptr; (scn = elf_nextscn(elf, scn)) != nullptr;) {
    if (zstd_header(scn)) return true;
  }
  return false;
}

Result<Descriptor> unpack_zstd_sections(Elf* elf) {
  const Elf64_Ehdr* header = elf64_getehdr(elf);
  size_t names = 0;
  if (header == nullptr || elf_getshdrstrndx(elf, &names) != 0) return fail("is no usable ELF");
  size_t length = 0;
  const bool known = elf_rawfile(elf, &length) != nullptr;
  auto file = make_anonymous_file(known ? uint64_t{length} * 4 : 0);
  if (!file) return file;
  ElfCopy copy(*file);
  if (auto started = copy.start(*header); !started) return std::unexpected(started.error());
  for (Elf_Scn* scn = nullptr; (scn = elf_nextscn(elf, scn)) != nullptr;) {
    if (auto added = copy.add(scn); !added) return std::unexpected(added.error());
  }
  if (auto finished = copy.finish(*header, names); !finished) {
    return std::unexpected(finished.error());
  }
  return file;
}

}  // namespace kmortem::debuginfo
