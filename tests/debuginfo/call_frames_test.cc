// SPDX-License-Identifier: GPL-3.0-or-later
// Callers by call frame information, against what tree/arch/x86/entry/entry_64.S says by hand.
#include "debuginfo/call_frames.h"

#include <map>

#include "images.h"

namespace kmortem::debuginfo {
namespace {

constexpr uint64_t kRbx = 3;
constexpr uint64_t kRbp = 6;
constexpr uint64_t kRsp = 7;
constexpr uint64_t kRdi = 5;
constexpr uint64_t kRip = 16;
constexpr uint64_t kStack = 0xffffc90000100000;

class Values : public FrameValues {
 public:
  std::optional<uint64_t> register_value(uint64_t number) override {
    const auto found = registers.find(number);
    return found == registers.end() ? std::nullopt : std::optional(found->second);
  }
  std::optional<uint64_t> word(uint64_t address) override {
    const auto found = words.find(address);
    return found == words.end() ? std::nullopt : std::optional(found->second);
  }
  std::map<uint64_t, uint64_t> registers, words;
};

class CallFramesTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    image_ = open_image(GetParam());
    ASSERT_NE(image_, nullptr);
    frames_ = image_->call_frames();
    ASSERT_NE(frames_, nullptr);
    values_.registers = {{kRsp, kStack}, {kRbp, 0x66}, {kRbx, 0x33}, {kRdi, 0x55}};
  }
  std::expected<CallerFrame, NoCaller> caller(const std::string& symbol) {
    return frames_->caller(*image_->symbols().find(symbol), values_);
  }

  std::unique_ptr<KernelDebuginfo> image_;
  CallFrames* frames_ = nullptr;
  Values values_;
};

TEST_P(CallFramesTest, AtAFunctionsEntry) {
  values_.words = {{kStack, 0x1111}};
  const auto found = caller("saves_two");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->cfa, kStack + 8);
  EXPECT_EQ(found->registers[kRip], 0x1111);
  EXPECT_EQ(found->registers[kRsp], kStack + 8);
  EXPECT_EQ(found->registers[kRbx], 0x33);
  EXPECT_EQ(found->registers[kRdi], std::nullopt);
  EXPECT_FALSE(found->interrupted);
}

TEST_P(CallFramesTest, WhatWasPushed) {
  values_.words = {{kStack + 0x18, 0x6666}, {kStack + 0x20, 0x3333}, {kStack + 0x28, 0x1111}};
  const auto found = caller("saves_two_inside");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->cfa, kStack + 0x30);
  EXPECT_EQ(found->registers[kRip], 0x1111);
  EXPECT_EQ(found->registers[kRbp], 0x6666);
  EXPECT_EQ(found->registers[kRbx], 0x3333);
}

TEST_P(CallFramesTest, ByFramePointer) {
  values_.registers[kRbp] = kStack + 0x100;
  values_.words = {{kStack + 0x100, 0x6666}, {kStack + 0x108, 0x1111}};
  const auto found = caller("has_a_base_inside");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->cfa, kStack + 0x110);
  EXPECT_EQ(found->registers[kRip], 0x1111);
  EXPECT_EQ(found->registers[kRbp], 0x6666);
}

TEST_P(CallFramesTest, FromAnotherStackIntoWhatWasInterrupted) {
  constexpr uint64_t kOther = 0xffffc90000200000;
  values_.words = {{kStack, kOther}, {kOther + 0x58 - 40, 0x1111}, {kOther + 0x58 - 16, 0x7777}};
  const auto found = caller("on_another_stack_inside");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->cfa, kOther + 0x58);
  EXPECT_EQ(found->registers[kRip], 0x1111);
  EXPECT_EQ(found->registers[kRsp], 0x7777);
  // Clang's assembler notes signal frames in .eh_frame alone.
  EXPECT_EQ(found->interrupted, GetParam() != "clang");
}

TEST_P(CallFramesTest, TheEnd) {
  const auto found = caller("has_no_caller");
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->outermost);
}

TEST_P(CallFramesTest, NoneIsNoAnswer) {
  EXPECT_EQ(caller("is_not_annotated").error(), NoCaller::not_covered);
  values_.registers.erase(kRsp);
  EXPECT_EQ(caller("saves_two").error(), NoCaller::lost);
  values_.registers[kRsp] = kStack;  // whose words are not there
  const auto found = caller("saves_two");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->registers[kRip], std::nullopt);
}

TEST_P(CallFramesTest, OfCompiledCode) {
  values_.words = {{kStack, 0x1111}};
  const auto found = caller("schedule");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->registers[kRip], 0x1111);
}

INSTANTIATE_TEST_SUITE_P(Forms, CallFramesTest,
                         testing::Values("dwarf5", "dwarf4", "dwarf3", "compressed",
                                         "compressed-gnu", "clang", "dwz", "zstd-sections",
                                         "dwarf5.xz", "linked", "eu-stripped"),
                         image_test_name);

}  // namespace
}  // namespace kmortem::debuginfo
