// SPDX-License-Identifier: GPL-3.0-or-later
#include "images.h"

namespace kmortem::debuginfo {
namespace {

class Cache : public testing::Test {
 protected:
  std::unique_ptr<KernelDebuginfo> open(bool use_cache = true) {
    auto opened = open_vmlinux(
        image_path("dwarf5"),
        {.use_cache = use_cache, .cache_dir = directory_.file("made"), .debug_dirs = {}});
    if (opened) return std::move(*opened);
    ADD_FAILURE() << opened.error().message;
    return nullptr;
  }
  std::string cached_file(const KernelDebuginfo& debuginfo) const {
    return directory_.file("made/" + debuginfo.build_id() + ".kmprof");
  }

  TemporaryDirectory directory_;
};

TEST_F(Cache, SecondRunOpensNoDwarf) {
  auto first = open();
  EXPECT_FALSE(first->from_cache());
  const uint64_t pc = *first->symbols().find("outer_function") + 9;
  const auto lines = first->locate(pc);
  ASSERT_FALSE(lines.empty());
  ASSERT_TRUE(first->save_cache());
  EXPECT_TRUE(std::filesystem::exists(cached_file(*first)));

  auto second = open();
  EXPECT_TRUE(second->from_cache());
  EXPECT_FALSE(second->from_profile());
  EXPECT_EQ(second->path(), image_path("dwarf5"));
  EXPECT_EQ(second->types().size(), first->types().size());
  EXPECT_EQ(second->symbols().find("schedule"), first->symbols().find("schedule"));
  const auto again = second->locate(pc);
  ASSERT_EQ(again.size(), lines.size());
  EXPECT_EQ(again[0].line, lines[0].line);
  EXPECT_FALSE(second->opened_dwarf());
}

TEST_F(Cache, LearnsWhatItDidNotHave) {
  ASSERT_TRUE(open()->save_cache());
  auto second = open();
  const uint64_t pc = *second->symbols().find("schedule") + 1;
  EXPECT_FALSE(second->locate(pc).empty());
  EXPECT_TRUE(second->load_type("kinds"));
  EXPECT_TRUE(second->load_type("nested_t"));
  EXPECT_TRUE(second->opened_dwarf());
  EXPECT_EQ(second->types().field("nested_t.high")->offset,
            second->types().field("nested_tag.high")->offset);
  ASSERT_TRUE(second->save_cache());

  auto third = open();
  EXPECT_FALSE(third->locate(pc).empty());
  EXPECT_TRUE(third->load_type("kinds"));
  EXPECT_FALSE(third->opened_dwarf());
}

TEST_F(Cache, OffReadsAndWritesNothing) {
  auto first = open(/*use_cache=*/false);
  ASSERT_TRUE(first->save_cache());
  EXPECT_FALSE(std::filesystem::exists(directory_.file("made")));
  ASSERT_TRUE(open()->save_cache());
  EXPECT_FALSE(open(/*use_cache=*/false)->from_cache());
}

TEST_F(Cache, DamagedIsIgnoredAndReplaced) {
  auto first = open();
  ASSERT_TRUE(first->save_cache());
  auto bytes = read_file(cached_file(*first));
  bytes[bytes.size() / 2] = static_cast<char>(~bytes[bytes.size() / 2]);
  write_file(cached_file(*first), bytes);
  auto second = open();
  EXPECT_FALSE(second->from_cache());
  ASSERT_TRUE(second->save_cache());
  EXPECT_TRUE(open()->from_cache());
}

TEST_F(Cache, OfAnotherKernelIsIgnored) {
  auto first = open();
  ASSERT_TRUE(first->save_cache());
  auto other = open_image("dwarf4");
  ASSERT_TRUE(write_profile(*other, cached_file(*first)));
  EXPECT_FALSE(open()->from_cache());
}

TEST_F(Cache, DirectoryThatCannotBeMade) {
  write_file(directory_.file("made"), {'x'});
  auto first = open();
  const auto saved = first->save_cache();
  ASSERT_FALSE(saved);
  EXPECT_NE(saved.error().message.find("made"), std::string::npos);
}

}  // namespace
}  // namespace kmortem::debuginfo
