// SPDX-License-Identifier: GPL-3.0-or-later
// Debug data in a separate file: by link, by build-id, alone, missing, of another build.
#include "images.h"

namespace kmortem::debuginfo {
namespace {

namespace fs = std::filesystem;

class SplitImage : public testing::Test {
 protected:
  std::string put(const std::string& image, const std::string& place) {
    const fs::path path = directory_.file(place);
    fs::create_directories(path.parent_path());
    fs::copy_file(image_path(image), path, fs::copy_options::overwrite_existing);
    return path.string();
  }
  Result<std::unique_ptr<KernelDebuginfo>> open(const std::string& path,
                                                std::vector<std::string> roots = {}) {
    return open_vmlinux(path,
                        {.use_cache = false, .cache_dir = "", .debug_dirs = std::move(roots)});
  }
  void expect_whole(const std::string& path, const std::vector<std::string>& roots = {}) {
    auto opened = open(path, roots);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ((*opened)->release(), "6.1.0-sample");
    EXPECT_TRUE((*opened)->load_type("kinds"));
    EXPECT_FALSE((*opened)->locate(*(*opened)->symbols().find("schedule")).empty());
  }
  void SetUp() override {
    unsetenv("DEBUGINFOD_URLS");
    build_id_ = open_image("dwarf5")->build_id();
  }

  TemporaryDirectory directory_;
  std::string build_id_;
};

TEST_F(SplitImage, ByDebugLink) {
  const std::string image = put("linked", "boot/vmlinux");
  for (const std::string place : {"boot/only-debug", "boot/.debug/only-debug"}) {
    const std::string debug = put("only-debug", place);
    expect_whole(image);
    fs::remove(debug);
  }
  const std::string root = directory_.file("debug");
  put("only-debug", "debug" + directory_.file("boot") + "/only-debug");
  expect_whole(image, {root});
}

TEST_F(SplitImage, ByBuildId) {
  const std::string image = put("linked", "boot/vmlinux");
  const std::string stem = ".build-id/" + build_id_.substr(0, 2) + "/" + build_id_.substr(2);
  for (const std::string& place :
       {stem + ".debug", stem + "/debuginfo", build_id_ + "/debuginfo"}) {
    const std::string debug = put("only-debug", "debug/" + place);
    expect_whole(image, {directory_.file("debug")});
    fs::remove(debug);
    fs::remove_all(directory_.file("debug"));
  }
}

TEST_F(SplitImage, MissingOrOfAnotherBuild) {
  const std::string image = put("linked", "boot/vmlinux");
  put("dwarf4", "boot/only-debug");
  const auto opened = open(image);
  ASSERT_FALSE(opened);
  const std::string& message = opened.error().message;
  EXPECT_EQ(message.find('\n'), std::string::npos);
  EXPECT_NE(message.find("has no DWARF and no symbol table"), std::string::npos);
  EXPECT_NE(message.find("boot/only-debug (its build-id is "), std::string::npos) << message;
  EXPECT_NE(message.find("/usr/lib/debug/.build-id/"), std::string::npos);
}

TEST_F(SplitImage, DebugFileAlone) {
  auto opened = open(put("only-debug", "alone"));
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ((*opened)->banner(), "");
  EXPECT_EQ((*opened)->build_id(), build_id_);
  EXPECT_TRUE((*opened)->orc().ip.empty());
  EXPECT_TRUE((*opened)->load_type("kinds"));
}

// The half without contents must not stand in the cache for the whole.
TEST_F(SplitImage, DebugFileAloneIsNotCached) {
  const OpenOptions options{
      .use_cache = true, .cache_dir = directory_.file("cache"), .debug_dirs = {}};
  auto half = open_vmlinux(put("only-debug", "alone"), options);
  ASSERT_TRUE(half);
  ASSERT_TRUE((*half)->save_cache());
  auto whole = open_vmlinux(image_path("dwarf5"), options);
  ASSERT_TRUE(whole);
  EXPECT_EQ((*whole)->release(), "6.1.0-sample");
}

TEST_F(SplitImage, DebugFileFindsItsImage) {
  put("dwarf5", "vmlinux");
  expect_whole(put("only-debug", "vmlinux.debug"));
}

TEST_F(SplitImage, AlternateFileIsMissing) {
  const auto opened = open(put("dwz-alt", "vmlinux"));
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("dwz-common"), std::string::npos);
  put("dwz-common", "dwz-common");
  expect_whole(directory_.file("vmlinux"));
}

}  // namespace
}  // namespace kmortem::debuginfo
