// SPDX-License-Identifier: GPL-3.0-or-later
// Offsets, sizes and bit-fields as read from DWARF, against what the compiler itself says.
#include <cstdio>
#include <sstream>

#include "images.h"

namespace kmortem::debuginfo {
namespace {

struct Truth {
  std::string kind;
  std::string path;
  uint64_t first = 0;
  uint64_t second = 0;
};

std::vector<Truth> compiler_says() {
  std::vector<Truth> all;
  FILE* pipe = popen(LAYOUT_PROGRAM, "r");
  if (pipe == nullptr) return all;
  char line[256];
  while (std::fgets(line, sizeof line, pipe) != nullptr) {
    Truth truth;
    std::istringstream(line) >> truth.kind >> truth.path >> truth.first >> truth.second;
    all.push_back(truth);
  }
  pclose(pipe);
  return all;
}

class Layout : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(has_image(GetParam())) << "a tool that makes it is missing";
    debuginfo_ = open_image(GetParam());
    ASSERT_NE(debuginfo_, nullptr);
    for (const char* name :
         {"list_node", "bits", "packed_bits", "nested_t", "counter_t", "arrays", "kinds",
          "union overlay", "plain_enum", "enum wide_enum", "enum negative_enum"}) {
      ASSERT_TRUE(debuginfo_->load_type(name)) << name;
    }
  }
  const TypeTable& types() const { return debuginfo_->types(); }

  std::unique_ptr<KernelDebuginfo> debuginfo_;
};

void check(const TypeTable& types, const Truth& truth) {
  SCOPED_TRACE(truth.kind + " " + truth.path);
  if (truth.kind == "size") {
    EXPECT_EQ(types.size_of(truth.path), truth.first);
    return;
  }
  const auto field = types.field(truth.path);
  ASSERT_TRUE(field.has_value());
  if (truth.kind == "bits") {
    EXPECT_EQ(field->offset * 8 + field->bit_shift, truth.first);
    EXPECT_EQ(field->bit_size, truth.second);
    EXPECT_LT(field->bit_shift, 8u);
  } else {
    EXPECT_EQ(field->offset, truth.first);
    EXPECT_EQ(field->size * field->count, truth.second);
    EXPECT_EQ(field->bit_size, 0u);
    EXPECT_EQ(field->is_array, truth.kind == "array");
  }
}

TEST_P(Layout, AgreesWithTheCompiler) {
  const auto truths = compiler_says();
  ASSERT_GT(truths.size(), 60u);
  for (const Truth& truth : truths) check(types(), truth);
}

TEST_P(Layout, Arrays) {
  EXPECT_EQ(types().field("arrays.matrix")->count, 15u);
  EXPECT_EQ(types().field("arrays.strings")->count, 2u);
  EXPECT_EQ(types().field("arrays.flexible")->count, 0u);
  EXPECT_TRUE(types().field("arrays.flexible")->is_array);
  EXPECT_EQ(types().field("arrays.zero")->count, 0u);
  // A matrix is an array of arrays.
  const Type& structure = types().at(*types().find("arrays"));
  const Type& outer = types().at(structure.members.at(1).type);
  EXPECT_EQ(outer.count, 3u);
  EXPECT_EQ(types().at(outer.target).count, 5u);
}

TEST_P(Layout, Signs) {
  EXPECT_TRUE(types().field("bits.signed_three")->is_signed);
  EXPECT_FALSE(types().field("bits.wide")->is_signed);
  EXPECT_TRUE(types().field("kinds.number")->is_signed);
  EXPECT_FALSE(types().field("kinds.unsigned_number")->is_signed);
  EXPECT_FALSE(types().field("kinds.flag")->is_signed);
  EXPECT_TRUE(types().field("kinds.negative")->is_signed);
  EXPECT_FALSE(types().field("kinds.plain")->is_signed);
}

TEST_P(Layout, Enumerators) {
  EXPECT_EQ(types().enumerator("PLAIN_ZERO"), 0);
  EXPECT_EQ(types().enumerator("PLAIN_FIVE"), 5);
  EXPECT_EQ(types().enumerator("PLAIN_BIG"), 0xfffffff0);
  EXPECT_EQ(types().enumerator("NEGATIVE_MIN"), -7);
  EXPECT_EQ(types().enumerator("NEGATIVE_ONE"), -1);
  EXPECT_EQ(types().enumerator("NEGATIVE_TEN"), 10);
  EXPECT_EQ(types().enumerator("WIDE_SMALL"), 200);
  EXPECT_EQ(types().enumerator("WIDE_HUGE"), INT64_MIN);
  EXPECT_EQ(types().enumerator("ABSENT"), std::nullopt);
}

TEST_P(Layout, Pointees) {
  const auto target = [&](const char* path) {
    const Type& pointer = types().at(types().field(path)->type);
    EXPECT_EQ(pointer.kind, TypeKind::pointer) << path;
    return types().at(types().resolve(pointer.target));
  };
  EXPECT_EQ(target("kinds.self").name, "kinds");
  EXPECT_FALSE(target("kinds.self").is_declaration);
  EXPECT_EQ(target("kinds.elsewhere").name, "defined_elsewhere");
  EXPECT_EQ(target("kinds.never").name, "never_defined");
  EXPECT_TRUE(target("kinds.never").is_declaration);
  EXPECT_EQ(target("kinds.callback").kind, TypeKind::function);
  EXPECT_EQ(target("kinds.anything").kind, TypeKind::void_type);
  EXPECT_EQ(target("kinds.typedef_pointer").name, "nested_tag");
  EXPECT_EQ(target("kinds.pointer_to_array").count, 3u);
}

// kinds.elsewhere points to what only another unit defines.
TEST_P(Layout, DeclarationIsCompletedFromAnotherUnit) {
  const Type& pointer = types().at(types().field("kinds.elsewhere")->type);
  ASSERT_TRUE(debuginfo_->load_type("struct defined_elsewhere"));
  EXPECT_FALSE(types().at(pointer.target).is_declaration);
  EXPECT_EQ(types().size_of("defined_elsewhere"), 24u);
  EXPECT_EQ(types().field("defined_elsewhere.list.prev")->offset, 16u);
}

TEST_P(Layout, WhatDoesNotExist) {
  EXPECT_FALSE(debuginfo_->load_type("struct never_defined"));
  EXPECT_FALSE(debuginfo_->load_type("no_such_type"));
  EXPECT_FALSE(debuginfo_->load_type("union list_node"));
  EXPECT_FALSE(debuginfo_->load_type(""));
  EXPECT_FALSE(types().has("kinds.absent"));
  EXPECT_FALSE(types().has("kinds.flag.deeper"));
}

INSTANTIATE_TEST_SUITE_P(Images, Layout, testing::ValuesIn(complete_images()), image_test_name);

}  // namespace
}  // namespace kmortem::debuginfo
