// SPDX-License-Identifier: GPL-3.0-or-later
// Source lines and inlined functions, against addr2line.
#include <cstdio>

#include "debuginfo/source_path.h"
#include "images.h"

namespace kmortem::debuginfo {
namespace {

struct Place {
  std::string function;
  std::string file;
  uint32_t line = 0;
  bool operator==(const Place&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Place& place) {
  return out << place.function << " at " << place.file << ":" << place.line;
}

std::vector<Place> addr2line_says(const std::string& path, uint64_t pc) {
  char command[1024];
  std::snprintf(command, sizeof command, "addr2line -f -i -e %s 0x%lx", path.c_str(), pc);
  std::vector<Place> places;
  FILE* pipe = popen(command, "r");
  char function[512];
  char where[1024];
  while (pipe != nullptr && std::fgets(function, sizeof function, pipe) != nullptr &&
         std::fgets(where, sizeof where, pipe) != nullptr) {
    std::string text = where;
    text = text.substr(0, text.find_first_of(" \n"));
    const size_t colon = text.rfind(':');
    const std::string file = relative_to(text.substr(0, colon), TREE, "");
    const auto line = static_cast<uint32_t>(std::atoi(text.c_str() + colon + 1));
    places.push_back({std::string(function, std::string(function).find('\n')), file, line});
  }
  if (pipe != nullptr) pclose(pipe);
  return places;
}

class Locate : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(has_image(GetParam())) << "a tool that makes it is missing";
    debuginfo_ = open_image(GetParam());
    ASSERT_NE(debuginfo_, nullptr);
  }
  uint64_t symbol(const char* name) const { return debuginfo_->symbols().find(name).value_or(0); }

  std::unique_ptr<KernelDebuginfo> debuginfo_;
};

// addr2line 2.40 does not follow dwz, reads no packed or zstd-compressed file, and gives an
// included file's lines to the including one.
std::vector<std::string> images_that_addr2line_reads() {
  std::vector<std::string> images = complete_images();
  std::erase_if(images, [](const std::string& name) {
    return name.starts_with("dwz") || name == "unity" || name.starts_with("dwarf5.") ||
           name.starts_with("zstd") || name == "linked" || name == "eu-stripped";
  });
  return images;
}

class LocateLikeAddr2line : public Locate {};

TEST_P(LocateLikeAddr2line, AtEveryByte) {
  const auto function = debuginfo_->symbols().containing(symbol("outer_function"));
  ASSERT_TRUE(function);
  bool inlined = false;
  for (uint64_t pc = function->address; pc < function->address + function->size; ++pc) {
    std::vector<Place> ours;
    for (const model::Frame& frame : debuginfo_->locate(pc)) {
      ours.push_back({frame.function, frame.file, frame.line});
      inlined |= frame.inlined;
    }
    EXPECT_EQ(ours, addr2line_says(image_path(GetParam()), pc)) << std::hex << pc;
  }
  EXPECT_TRUE(inlined);
}

TEST_P(Locate, InlinedFrames) {
  const auto function = debuginfo_->symbols().containing(symbol("outer_function"));
  ASSERT_TRUE(function);
  bool seen = false;
  for (uint64_t pc = function->address; pc < function->address + function->size; ++pc) {
    const auto frames = debuginfo_->locate(pc);
    ASSERT_FALSE(frames.empty());
    EXPECT_EQ(frames.back().function, "outer_function");
    EXPECT_FALSE(frames.back().inlined);
    EXPECT_EQ(frames.back().offset, pc - function->address);
    EXPECT_EQ(frames.back().function_size, function->size);
    if (frames.size() != 3) continue;
    seen = true;
    EXPECT_EQ(frames[0].function, "inner");
    EXPECT_EQ(frames[1].function, "middle");
    EXPECT_TRUE(frames[0].inlined && frames[1].inlined);
    EXPECT_EQ(frames[0].file, "kernel/locking/lockdep.c");
    EXPECT_EQ(frames[0].pc, pc);
  }
  EXPECT_TRUE(seen);
}

TEST_P(Locate, ReturnAddressNamesTheCall) {
  const auto function = debuginfo_->symbols().containing(symbol("outer_function"));
  ASSERT_TRUE(function);
  const auto before = debuginfo_->locate(function->address + 3);
  const auto after = debuginfo_->locate(function->address + 4, /*return_address=*/true);
  ASSERT_EQ(before.size(), after.size());
  for (size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(before[i].line, after[i].line);
    EXPECT_EQ(after[i].pc, function->address + 4);
  }
  EXPECT_EQ(after.back().offset, 4u);
}

TEST_P(Locate, FollowsTheSlide) {
  const uint64_t linked = symbol("schedule");
  const auto before = debuginfo_->locate(linked);
  debuginfo_->symbols().set_slide(0x2000000);
  const auto after = debuginfo_->locate(linked + 0x2000000);
  ASSERT_EQ(before.size(), 1u);
  ASSERT_EQ(after.size(), 1u);
  EXPECT_EQ(after[0].line, before[0].line);
  EXPECT_EQ(after[0].function, "schedule");
  EXPECT_EQ(after[0].file, "kernel/sched/core.c");
  EXPECT_TRUE(debuginfo_->locate(0xffffffff00000000).empty());
  EXPECT_TRUE(debuginfo_->locate(0).empty());
}

INSTANTIATE_TEST_SUITE_P(Images, LocateLikeAddr2line,
                         testing::ValuesIn(images_that_addr2line_reads()), image_test_name);
INSTANTIATE_TEST_SUITE_P(Images, Locate, testing::ValuesIn(complete_images()), image_test_name);

}  // namespace
}  // namespace kmortem::debuginfo
