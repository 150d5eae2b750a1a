// SPDX-License-Identifier: GPL-3.0-or-later
// A profile. Checksums are mended first, or nothing would get past them.
#include <cstring>
#include <span>
#include <vector>

#include "debuginfo/kernel_debuginfo.h"
#include "debuginfo/profile_format.h"
#include "memory_file.h"

namespace kmortem::debuginfo {
namespace {

void mend(std::span<uint8_t> file) {
  ProfileHeader header;
  if (file.size() < sizeof header) return;
  std::memcpy(&header, file.data(), sizeof header);
  size_t at = sizeof header;
  for (uint32_t i = 0; i < header.section_count; ++i, at += sizeof(ProfileSectionEntry)) {
    ProfileSectionEntry entry;
    if (at + sizeof entry > file.size()) return;
    std::memcpy(&entry, file.data() + at, sizeof entry);
    if (entry.offset > file.size() || entry.stored_size > file.size() - entry.offset) continue;
    entry.checksum = profile_checksum(std::as_bytes(file.subspan(entry.offset, entry.stored_size)));
    std::memcpy(file.data() + at, &entry, sizeof entry);
  }
  header.checksum = 0;
  std::memcpy(file.data(), &header, sizeof header);
  header.checksum = profile_checksum(std::as_bytes(file.first(at)));
  std::memcpy(file.data(), &header, sizeof header);
}

void use(KernelDebuginfo& image) {
  for (const auto& [name, id] : image.types().names()) {
    (void)image.types().size_of(name);
    (void)image.types().field(name + ".next");
  }
  for (const auto& [name, id] : image.types().variables()) (void)image.types().variable_count(name);
  if (const auto address = image.symbols().find("schedule")) {
    image.symbols().containing(*address + 1);
    image.locate(*address + 4);
  }
  (void)image.orc();
}

}  // namespace
}  // namespace kmortem::debuginfo

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<uint8_t> bytes(data, data + size);
  kmortem::debuginfo::mend(bytes);
  const kmortem::test::MemoryFile file(bytes.data(), bytes.size());
  auto opened = kmortem::debuginfo::open_profile(file.path());
  if (opened) kmortem::debuginfo::use(**opened);
  return 0;
}
