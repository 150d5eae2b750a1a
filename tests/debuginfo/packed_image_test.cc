// SPDX-License-Identifier: GPL-3.0-or-later
// Images in xz, zstd and gzip, and with zstd-compressed sections: as good as plain ones.
#include "images.h"

namespace kmortem::debuginfo {
namespace {

class Packed : public testing::TestWithParam<std::string> {
 protected:
  std::string refusal(const std::vector<char>& bytes) {
    write_file(directory_.file("vmlinux"), bytes);
    auto opened = open_vmlinux(directory_.file("vmlinux"),
                               {.use_cache = false, .cache_dir = "", .debug_dirs = {}});
    if (opened) return "opened";
    EXPECT_EQ(opened.error().message.find('\n'), std::string::npos);
    return opened.error().message;
  }

  TemporaryDirectory directory_;
};

TEST_P(Packed, GivesWhatThePlainOneGives) {
  auto plain = open_image("dwarf5");
  auto packed = open_image(GetParam());
  ASSERT_TRUE(plain && packed);
  EXPECT_EQ(packed->build_id(), plain->build_id());
  EXPECT_EQ(packed->banner(), plain->banner());
  EXPECT_EQ(packed->types().size(), plain->types().size());
  const auto function = plain->symbols().containing(*plain->symbols().find("outer_function"));
  ASSERT_TRUE(function);
  for (uint64_t pc = function->address; pc < function->address + function->size; ++pc) {
    const auto expected = plain->locate(pc);
    const auto found = packed->locate(pc);
    ASSERT_EQ(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].function, expected[i].function);
      EXPECT_EQ(found[i].line, expected[i].line);
    }
  }
}

TEST_P(Packed, CutOffAnywhere) {
  const auto whole = read_file(image_path(GetParam()));
  for (size_t size = 0; size + 1 < whole.size(); size += whole.size() / 31 + 1) {
    EXPECT_NE(refusal({whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size)}), "opened");
  }
}

TEST_P(Packed, SecondRunDoesNotUnpack) {
  const OpenOptions options{
      .use_cache = true, .cache_dir = directory_.file("cache"), .debug_dirs = {}};
  const std::string path = image_path(GetParam());
  auto first = open_vmlinux(path, options);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_FALSE((*first)->from_cache());
  const uint64_t pc = *(*first)->symbols().find("schedule") + 1;
  ASSERT_TRUE((*first)->save_cache());
  auto second = open_vmlinux(path, options);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_TRUE((*second)->from_cache());
  EXPECT_FALSE((*second)->opened_dwarf());
  EXPECT_FALSE((*second)->locate(pc).empty());  // unpacks it now
  EXPECT_TRUE((*second)->opened_dwarf());
}

INSTANTIATE_TEST_SUITE_P(Images, Packed,
                         testing::Values("dwarf5.xz", "dwarf5.zst", "dwarf5.gz", "zstd-sections"),
                         image_test_name);

}  // namespace
}  // namespace kmortem::debuginfo
