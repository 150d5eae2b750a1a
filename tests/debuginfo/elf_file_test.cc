// SPDX-License-Identifier: GPL-3.0-or-later
// What is refused, and with what words.
#include "debuginfo/elf_file.h"

#include "images.h"

namespace kmortem::debuginfo {
namespace {

std::string refusal(const std::string& path) {
  auto opened = open_vmlinux(path, {.use_cache = false, .cache_dir = "", .debug_dirs = {}});
  if (opened) return "opened";
  EXPECT_EQ(opened.error().message.find('\n'), std::string::npos);
  return opened.error().message;
}

TEST(Refused, NotThereOrNoFile) {
  EXPECT_NE(refusal("/nonexistent/vmlinux").find("No such file"), std::string::npos);
  EXPECT_NE(refusal("/tmp").find("not a regular file"), std::string::npos);
}

TEST(Refused, OtherKinds) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("file");
  write_file(path, {});
  EXPECT_NE(refusal(path).find("not an ELF file"), std::string::npos);
  write_file(path, std::vector<char>(4096, 'x'));
  EXPECT_NE(refusal(path).find("not an ELF file"), std::string::npos);

  std::vector<char> bzimage(4096, 0);
  std::copy_n("HdrS", 4, bzimage.begin() + 0x202);
  write_file(path, bzimage);
  EXPECT_NE(refusal(path).find("bzImage"), std::string::npos);

  std::vector<char> other = read_file(image_path("dwarf5"));
  other[18] = 40;  // e_machine: EM_ARM
  write_file(path, other);
  EXPECT_NE(refusal(path).find("x86-64"), std::string::npos);
}

TEST(Refused, WithoutDwarfOrSymbols) {
  EXPECT_NE(refusal(image_path("no-dwarf")).find("has no DWARF"), std::string::npos);
  EXPECT_NE(refusal(image_path("stripped")).find("no symbol table"), std::string::npos);
}

// Whatever is cut off or changed: an answer or a refusal, never a crash.
TEST(Damaged, TruncatedAnywhere) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("vmlinux");
  const auto whole = read_file(image_path("dwarf5"));
  for (size_t size = 0; size < whole.size(); size += whole.size() / 97 + 1) {
    write_file(path, {whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size)});
    EXPECT_NE(refusal(path), "opened") << size;
  }
}

TEST(Damaged, ChangedAnywhere) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("vmlinux");
  auto bytes = read_file(image_path("dwarf4"));
  uint32_t random = 12345;
  for (int round = 0; round < 300; ++round) {
    auto damaged = bytes;
    for (int change = 0; change < 40; ++change) {
      random = random * 1664525 + 1013904223;
      damaged[random % damaged.size()] = static_cast<char>(random >> 24);
    }
    write_file(path, damaged);
    auto opened = open_vmlinux(path, {.use_cache = false, .cache_dir = "", .debug_dirs = {}});
    if (!opened) continue;
    (*opened)->load_type("kinds");
    (*opened)->load_type("nested_t");
    (*opened)->locate((*opened)->symbols().find("outer_function").value_or(0) + 9);
  }
}

TEST(Identity, OfTheImage) {
  auto debuginfo = open_image("dwarf5");
  ASSERT_NE(debuginfo, nullptr);
  EXPECT_EQ(debuginfo->release(), "6.1.0-sample");
  EXPECT_TRUE(debuginfo->banner().starts_with("Linux version 6.1.0-sample (tester@example)"));
  EXPECT_EQ(debuginfo->banner().find('\n'), std::string::npos);
  EXPECT_EQ(debuginfo->build_id().size(), 40u);
  EXPECT_TRUE(debuginfo->opened_dwarf());
  EXPECT_FALSE(debuginfo->from_cache());
  EXPECT_FALSE(debuginfo->from_profile());
}

}  // namespace
}  // namespace kmortem::debuginfo
