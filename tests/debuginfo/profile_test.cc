// SPDX-License-Identifier: GPL-3.0-or-later
// What goes into a profile comes out of it.
#include "images.h"

namespace kmortem::debuginfo {
namespace {

void expect_same_types(const TypeTable& a, const TypeTable& b) {
  ASSERT_EQ(a.size(), b.size());
  EXPECT_EQ(a.names(), b.names());
  EXPECT_EQ(a.variables(), b.variables());
  EXPECT_EQ(a.enumerators(), b.enumerators());
  for (TypeId id = 0; id < a.size(); ++id) {
    const Type& left = a.at(id);
    const Type& right = b.at(id);
    EXPECT_EQ(left.kind, right.kind);
    EXPECT_EQ(left.name, right.name);
    EXPECT_EQ(left.size, right.size);
    EXPECT_EQ(left.target, right.target);
    EXPECT_EQ(left.count, right.count);
    EXPECT_EQ(left.is_signed, right.is_signed);
    EXPECT_EQ(left.is_declaration, right.is_declaration);
    ASSERT_EQ(left.members.size(), right.members.size());
    for (size_t i = 0; i < left.members.size(); ++i) {
      EXPECT_EQ(left.members[i].name, right.members[i].name);
      EXPECT_EQ(left.members[i].type, right.members[i].type);
      EXPECT_EQ(left.members[i].bit_offset, right.members[i].bit_offset);
      EXPECT_EQ(left.members[i].bit_size, right.members[i].bit_size);
    }
    ASSERT_EQ(left.enumerators.size(), right.enumerators.size());
    for (size_t i = 0; i < left.enumerators.size(); ++i) {
      EXPECT_EQ(left.enumerators[i].name, right.enumerators[i].name);
      EXPECT_EQ(left.enumerators[i].value, right.enumerators[i].value);
    }
  }
}

class Profile : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    original_ = open_image("dwarf5");
    ASSERT_NE(original_, nullptr);
    ASSERT_TRUE(original_->load_type("kinds"));
    pc_ = *original_->symbols().find("outer_function") + 12;
    lines_ = original_->locate(pc_);
    ASSERT_FALSE(lines_.empty());
    path_ = directory_.file("kernel.kmprof");
    ASSERT_TRUE(write_profile(*original_, path_, GetParam()));
    auto opened = open_profile(path_);
    ASSERT_TRUE(opened) << opened.error().message;
    profile_ = std::move(*opened);
  }

  TemporaryDirectory directory_;
  std::string path_;
  uint64_t pc_ = 0;
  std::vector<model::Frame> lines_;
  std::unique_ptr<KernelDebuginfo> original_;
  std::unique_ptr<KernelDebuginfo> profile_;
};

TEST_P(Profile, Identity) {
  EXPECT_EQ(profile_->build_id(), original_->build_id());
  EXPECT_EQ(profile_->release(), original_->release());
  EXPECT_EQ(profile_->banner(), original_->banner());
  EXPECT_TRUE(profile_->from_profile());
  EXPECT_FALSE(profile_->from_cache());
  EXPECT_FALSE(profile_->opened_dwarf());
}

TEST_P(Profile, Types) {
  expect_same_types(original_->types(), profile_->types());
}

TEST_P(Profile, Symbols) {
  for (const char* name : {"lock_classes", "twin", "schedule", "this_cpu_int", "_start",
                           "a_weak_alias", "linux_banner", "_end"}) {
    EXPECT_EQ(profile_->symbols().find(name), original_->symbols().find(name)) << name;
  }
  const uint64_t begin = *original_->symbols().find("_start") & ~uint64_t{0xfff};
  for (uint64_t address = begin; address < begin + 0x4000; ++address) {
    const auto left = original_->symbols().containing(address);
    const auto right = profile_->symbols().containing(address);
    ASSERT_EQ(left.has_value(), right.has_value()) << std::hex << address;
    if (!left) continue;
    ASSERT_EQ(left->name, right->name);
    ASSERT_EQ(left->size, right->size);
  }
  EXPECT_EQ(profile_->symbols().find("no_such_symbol"), std::nullopt);
}

TEST_P(Profile, LinesResolvedBefore) {
  profile_->symbols().set_slide(0x1000000);
  const auto again = profile_->locate(pc_ + 0x1000000);
  ASSERT_EQ(again.size(), lines_.size());
  for (size_t i = 0; i < again.size(); ++i) {
    EXPECT_EQ(again[i].function, lines_[i].function);
    EXPECT_EQ(again[i].file, lines_[i].file);
    EXPECT_EQ(again[i].line, lines_[i].line);
    EXPECT_EQ(again[i].inlined, lines_[i].inlined);
  }
  EXPECT_TRUE(profile_->locate(pc_ + 0x1000000 + 1).empty());
}

TEST_P(Profile, NoDwarfForMore) {
  EXPECT_TRUE(profile_->load_type("kinds"));
  EXPECT_FALSE(profile_->load_type("packed_bits"));
  EXPECT_FALSE(profile_->opened_dwarf());
}

TEST_P(Profile, OfAProfile) {
  const std::string copy = directory_.file("copy.kmprof");
  ASSERT_TRUE(write_profile(*profile_, copy, GetParam()));
  EXPECT_EQ(read_file(copy), read_file(path_));
}

TEST_P(Profile, LeavesNoTemporaryFile) {
  ASSERT_TRUE(write_profile(*original_, path_, GetParam()));
  size_t files = 0;
  for ([[maybe_unused]] const auto& entry :
       std::filesystem::directory_iterator(directory_.path())) {
    ++files;
  }
  EXPECT_EQ(files, 1u);
  EXPECT_FALSE(write_profile(*original_, directory_.file("absent/x.kmprof"), GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Forms, Profile, testing::Bool(), [](const auto& parameter) {
  return std::string(parameter.param ? "compact" : "mapped");
});

}  // namespace
}  // namespace kmortem::debuginfo
