// SPDX-License-Identifier: GPL-3.0-or-later
// A profile that was cut off or changed anywhere is refused.
#include <cstring>
#include <span>

#include "debuginfo/profile_format.h"
#include "images.h"

namespace kmortem::debuginfo {
namespace {

class ProfileDamage : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    auto image = open_image("dwarf5");
    ASSERT_NE(image, nullptr);
    image->locate(*image->symbols().find("schedule"));
    path_ = directory_.file("kernel.kmprof");
    ASSERT_TRUE(write_profile(*image, path_, GetParam()));
    whole_ = read_file(path_);
    ASSERT_GT(whole_.size(), 1000u);
  }

  bool opens(const std::vector<char>& bytes) {
    write_file(path_, bytes);
    auto opened = open_profile(path_);
    if (!opened) {
      EXPECT_EQ(opened.error().message.find('\n'), std::string::npos);
    }
    return opened.has_value();
  }

  /// Sections are aligned; the bytes between them mean nothing.
  bool is_padding(size_t offset) const {
    ProfileHeader header;
    std::memcpy(&header, whole_.data(), sizeof header);
    if (offset < sizeof header) return false;
    size_t at = sizeof header;
    for (uint32_t i = 0; i < header.section_count; ++i, at += sizeof(ProfileSectionEntry)) {
      ProfileSectionEntry entry;
      std::memcpy(&entry, whole_.data() + at, sizeof entry);
      if (offset >= entry.offset && offset < entry.offset + entry.stored_size) return false;
    }
    return offset >= at;
  }

  TemporaryDirectory directory_;
  std::string path_;
  std::vector<char> whole_;
};

TEST_P(ProfileDamage, ChangedAtEveryByte) {
  size_t padding = 0;
  for (size_t offset = 0; offset < whole_.size(); ++offset) {
    auto damaged = whole_;
    damaged[offset] = static_cast<char>(damaged[offset] ^ (1 << (offset % 8)));
    if (is_padding(offset)) {
      ++padding;
      continue;
    }
    ASSERT_FALSE(opens(damaged)) << "byte " << offset;
  }
  EXPECT_LT(padding, 200u);
  EXPECT_TRUE(opens(whole_));
}

TEST_P(ProfileDamage, CutOffAnywhere) {
  for (size_t size = 0; size < whole_.size(); size += size < 600 ? 1 : 13) {
    ASSERT_FALSE(opens({whole_.begin(), whole_.begin() + static_cast<ptrdiff_t>(size)})) << size;
  }
  auto longer = whole_;
  longer.push_back(0);
  EXPECT_FALSE(opens(longer));
}

/// Changes a section and repairs the checksums: what a forger can do. It must not crash.
TEST_P(ProfileDamage, ForgedContents) {
  ProfileHeader header;
  std::memcpy(&header, whole_.data(), sizeof header);
  const size_t table = sizeof header;
  const size_t head = table + header.section_count * sizeof(ProfileSectionEntry);
  uint32_t random = 99;
  for (int round = 0; round < 4000; ++round) {
    auto forged = whole_;
    random = random * 1664525 + 1013904223;
    const size_t which = (random >> 8) % header.section_count;
    ProfileSectionEntry entry;
    std::memcpy(&entry, forged.data() + table + which * sizeof entry, sizeof entry);
    if (entry.stored_size == 0) continue;
    for (int change = 0; change < 3; ++change) {
      random = random * 1664525 + 1013904223;
      forged[entry.offset + (random >> 4) % entry.stored_size] = static_cast<char>(random >> 24);
    }
    entry.checksum =
        profile_checksum(std::as_bytes(std::span(forged)).subspan(entry.offset, entry.stored_size));
    std::memcpy(forged.data() + table + which * sizeof entry, &entry, sizeof entry);
    ProfileHeader blank = header;
    blank.checksum = 0;
    std::memcpy(forged.data(), &blank, sizeof blank);
    blank.checksum = profile_checksum(std::as_bytes(std::span(forged)).first(head));
    std::memcpy(forged.data(), &blank, sizeof blank);

    write_file(path_, forged);
    auto opened = open_profile(path_);
    if (!opened) continue;
    const TypeTable& types = (*opened)->types();
    for (const auto& [name, id] : types.names()) types.field(name + ".bits.class_idx");
    (*opened)->symbols().find("schedule");
    for (uint64_t at = 0xffffffff81000000; at < 0xffffffff81003000; at += 0x35) {
      (*opened)->symbols().containing(at);
      (*opened)->locate(at);
    }
  }
}

TEST_P(ProfileDamage, OtherVersion) {
  auto other = whole_;
  other[8] = 2;
  write_file(path_, other);
  auto opened = open_profile(path_);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("format version 2"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Forms, ProfileDamage, testing::Bool(), [](const auto& parameter) {
  return std::string(parameter.param ? "compact" : "mapped");
});

}  // namespace
}  // namespace kmortem::debuginfo
