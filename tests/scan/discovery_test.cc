// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/discovery.h"

#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstring>
#include <filesystem>

#include "scan/folder.h"

namespace kmortem::scan {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

/// An ELF file's head with one note segment holding `note_type` of "CORE".
std::string elf(uint16_t type, uint32_t note_type) {
  Elf64_Ehdr header = {};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_type = type;
  header.e_machine = EM_X86_64;
  header.e_phoff = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 1;
  Elf64_Nhdr note = {5, 4, note_type};
  Elf64_Phdr segment = {};
  segment.p_type = PT_NOTE;
  segment.p_offset = sizeof header + sizeof segment;
  segment.p_filesz = sizeof note + 8 + 4;
  std::string text(reinterpret_cast<const char*>(&header), sizeof header);
  text.append(reinterpret_cast<const char*>(&segment), sizeof segment);
  text.append(reinterpret_cast<const char*>(&note), sizeof note);
  return text + std::string("CORE\0\0\0\0\1\2\3\4", 12);
}

std::string kernel_dump() {
  return elf(ET_CORE, NT_PRSTATUS);
}

struct DiscoveryTest : testing::Test {
  test::Folder folder;

  std::vector<std::string> found(const std::vector<std::string>& roots, const Shard& shard = {}) {
    std::vector<std::string> paths;
    for (const Item& item : find_dumps(roots, "", shard).items) {
      paths.push_back(std::filesystem::path(item.path).lexically_relative(folder.path()).string());
    }
    return paths;
  }
};

TEST_F(DiscoveryTest, ContentDecidesNotTheName) {
  folder.put("a/picture.jpg", kernel_dump());
  folder.put("a/b/c/x", "KDUMP   and so on");
  folder.put("a/vmcore", "no dump at all");
  folder.put("a/core", elf(ET_CORE, NT_PRPSINFO));
  folder.put("a/vmlinux", elf(ET_EXEC, NT_PRSTATUS));
  folder.put("a/short", "\177ELF");
  folder.put("a/empty");
  EXPECT_THAT(found({folder.path()}), ElementsAre("a/b/c/x", "a/picture.jpg"));
}

TEST_F(DiscoveryTest, PackedOnesAsWell) {
  // printf 'KDUMP   x' | gzip -n
  const std::string packed(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xf3\x76\x09\xf5\x0d\x50\x50\x50\xa8\x00\x00\x78"
      "\x61\x04\xbe\x09\x00\x00\x00",
      29);
  folder.put("dump.gz", packed);
  folder.put("text.gz", packed.substr(0, 12));
  EXPECT_THAT(found({folder.path()}), ElementsAre("dump.gz"));
}

TEST_F(DiscoveryTest, ANamedFileCountsWhateverItIs) {
  const std::string path = folder.put("vmcore", "damaged");
  EXPECT_THAT(found({path}), ElementsAre("vmcore"));
}

TEST_F(DiscoveryTest, TwiceNamedIsOneDump) {
  const std::string path = folder.put("a/vmcore", kernel_dump());
  EXPECT_THAT(found({path, folder.path("a"), folder.path("a/../a")}), ElementsAre("a/vmcore"));
}

TEST_F(DiscoveryTest, WhatIsMissingIsSaid) {
  const Discovery discovery = find_dumps({folder.path("none")}, "");
  EXPECT_THAT(discovery.items, IsEmpty());
  EXPECT_THAT(discovery.complaints, ElementsAre(folder.path("none: No such file or directory")));
}

TEST_F(DiscoveryTest, ALogCountsForItselfOnlyWithoutADump) {
  folder.put("with/vmcore", kernel_dump());
  folder.put("with/vmcore-dmesg.txt", "[ 1.0] x");
  folder.put("without/vmcore-dmesg.txt", "[ 1.0] x");
  const Discovery discovery = find_dumps({folder.path()}, "");
  ASSERT_EQ(discovery.items.size(), 2U);
  EXPECT_EQ(discovery.items[0].log, folder.path("with/vmcore-dmesg.txt"));
  EXPECT_FALSE(discovery.items[0].is_log);
  EXPECT_EQ(discovery.items[1].path, folder.path("without/vmcore-dmesg.txt"));
  EXPECT_TRUE(discovery.items[1].is_log);
}

TEST_F(DiscoveryTest, TheResultsAreNotSearched) {
  folder.put("out/vmcore", kernel_dump());
  folder.put("in/vmcore", kernel_dump());
  EXPECT_EQ(find_dumps({folder.path()}, folder.path("out")).items.size(), 1U);
}

TEST_F(DiscoveryTest, LinksToFilesAreFollowedLinksToFoldersAreNot) {
  folder.put("real/vmcore", kernel_dump());
  std::filesystem::create_directories(folder.path("links"));
  std::filesystem::create_symlink(folder.path("real/vmcore"), folder.path("links/file"));
  std::filesystem::create_directory_symlink(folder.path(), folder.path("links/round"));
  EXPECT_THAT(found({folder.path("links")}), ElementsAre("links/file"));
}

TEST_F(DiscoveryTest, ShardsAreThePartsOfTheWhole) {
  for (int i = 0; i < 40; ++i) folder.put(std::to_string(i) + "/vmcore", kernel_dump());
  folder.put("log/vmcore-dmesg.txt", "[ 1.0] x");
  for (int i = 0; i < 40; ++i) folder.put(std::to_string(i) + "/vmcore-dmesg.txt", "[ 1.0] x");
  const auto whole = found({folder.path()});
  EXPECT_EQ(whole.size(), 41U);
  std::vector<std::string> parts;
  for (unsigned k = 1; k <= 3; ++k) {
    const auto part = found({folder.path()}, Shard{k, 3});
    EXPECT_LT(part.size(), 30U);
    parts.insert(parts.end(), part.begin(), part.end());
  }
  EXPECT_THAT(parts, testing::UnorderedElementsAreArray(whole));
}

/// The head of one file of a split dump: frames [begin, end) of the dump that `time` tells from
/// others (disk_dump_header and kdump_sub_header, version 6).
std::string split_part(uint64_t begin, uint64_t end, int64_t time = 1) {
  std::string text(2 * 4096, '\0');
  const auto put = [&text](size_t at, auto value) {
    std::memcpy(text.data() + at, &value, sizeof value);
  };
  text.replace(0, 8, "KDUMP   ");
  put(8, int32_t{6});
  put(408, time);
  put(428, int32_t{4096});
  put(432, int32_t{1});
  put(4096 + 12, int32_t{1});
  put(4096 + 80, begin);
  put(4096 + 88, end);
  put(4096 + 96, uint64_t{300});
  return text;
}

class SplitDiscoveryTest : public DiscoveryTest {
 protected:
  /// Parts by name, of the only item that is found.
  std::vector<std::string> parts(const std::vector<std::string>& roots) {
    const auto items = find_dumps(roots, "", {}).items;
    EXPECT_EQ(items.size(), 1U);
    std::vector<std::string> names;
    if (items.empty()) return names;
    for (const std::string& part : items[0].parts) {
      names.push_back(std::filesystem::path(part).filename());
    }
    return names;
  }
};

TEST_F(SplitDiscoveryTest, ThePartsOfAFolderAreOneDump) {
  folder.put("a/x", split_part(200, 300));
  folder.put("a/y", split_part(0, 100));
  folder.put("a/z", split_part(100, 200) + "data");
  EXPECT_THAT(found({folder.path()}), ElementsAre("a/y"));
  EXPECT_THAT(parts({folder.path()}), ElementsAre("y", "z", "x"));
  const auto items = find_dumps({folder.path()}, "", {}).items;
  EXPECT_EQ(items[0].size, 3U * 8192U + 4U);
}

TEST_F(SplitDiscoveryTest, WhicheverOfThemWereNamed) {
  folder.put("a/1", split_part(0, 100));
  folder.put("a/2", split_part(100, 200));
  EXPECT_THAT(parts({folder.path("a/2")}), ElementsAre("1", "2"));
  EXPECT_THAT(found({folder.path("a/2")}), ElementsAre("a/2"));
  EXPECT_THAT(found({folder.path("a/2"), folder.path("a/1")}), ElementsAre("a/1"));
  EXPECT_THAT(found({folder.path("a/2"), folder.path()}), ElementsAre("a/1"));
}

TEST_F(SplitDiscoveryTest, PartsOfOthersStayApart) {
  folder.put("a/1", split_part(0, 100));
  folder.put("a/2", split_part(100, 200, /*time=*/2));
  folder.put("b/2", split_part(100, 200));
  folder.put("b/whole", kernel_dump());
  EXPECT_THAT(found({folder.path()}), ElementsAre("a/1", "a/2", "b/2", "b/whole"));
}

TEST_F(SplitDiscoveryTest, ACopyOfAPartIsLeftOutAndAnEmptyPartIsNone) {
  folder.put("a/1", split_part(0, 100));
  folder.put("a/1.copy", split_part(0, 100));
  folder.put("a/2", split_part(300, 300));
  folder.put("a/3", split_part(300, 300));
  EXPECT_THAT(parts({folder.path()}), ElementsAre("1", "2", "3"));
}

TEST_F(SplitDiscoveryTest, TheLogBesideThemBelongsToThem) {
  folder.put("a/1", split_part(0, 100));
  folder.put("a/2", split_part(100, 200));
  folder.put("a/vmcore-dmesg.txt", "[ 1.0] x");
  for (unsigned k = 1; k <= 2; ++k) {
    for (const Item& item : find_dumps({folder.path()}, "", Shard{k, 2}).items) {
      EXPECT_FALSE(item.is_log);
      EXPECT_EQ(item.log, folder.path("a/vmcore-dmesg.txt"));
    }
  }
}

TEST_F(SplitDiscoveryTest, EachIsInOneShare) {
  for (int i = 0; i < 20; ++i) {
    for (const uint64_t begin : {0, 100, 200}) {
      folder.put(std::to_string(i) + "/vmcore." + std::to_string(begin),
                 split_part(begin, begin + 100, i));
    }
  }
  const auto whole = found({folder.path()});
  EXPECT_EQ(whole.size(), 20U);
  std::vector<std::string> shares;
  for (unsigned k = 1; k <= 3; ++k) {
    const auto share = found({folder.path()}, Shard{k, 3});
    shares.insert(shares.end(), share.begin(), share.end());
  }
  EXPECT_THAT(shares, testing::UnorderedElementsAreArray(whole));
}

TEST(ShardTest, IsParsedOrRefused) {
  const auto shard = parse_shard("2/8");
  ASSERT_TRUE(shard);
  EXPECT_EQ(shard->number, 2U);
  EXPECT_EQ(shard->of, 8U);
  for (const char* wrong : {"", "2", "0/8", "9/8", "a/8", "2/", "2/8x", "-1/8", "1/0"}) {
    EXPECT_FALSE(parse_shard(wrong)) << wrong;
  }
}

TEST(ManifestTest, LinesOrNuls) {
  const test::Folder folder;
  const auto lines = read_manifest(folder.put("m", "# these\n/a\n\n/b c\r\n/d"));
  ASSERT_TRUE(lines);
  EXPECT_THAT(*lines, ElementsAre("/a", "/b c", "/d"));
  const auto nuls = read_manifest(folder.put("n", std::string_view("/a\n1\0/b\0", 8)));
  ASSERT_TRUE(nuls);
  EXPECT_THAT(*nuls, ElementsAre("/a\n1", "/b"));
  EXPECT_FALSE(read_manifest(folder.path("none")));
}

}  // namespace
}  // namespace kmortem::scan
