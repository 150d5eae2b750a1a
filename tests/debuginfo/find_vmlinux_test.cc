// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/find_vmlinux.h"

#include "images.h"

namespace kmortem::debuginfo {
namespace {

class FindVmlinux : public testing::Test {
 protected:
  void SetUp() override {
    unsetenv("DEBUGINFOD_URLS");
    auto image = open_image("dwarf5");
    ASSERT_NE(image, nullptr);
    build_id_ = image->build_id();
    dump_ = directory_.file("vmcore");
  }
  std::string put(const std::string& place, const std::string& image = "dwarf5") {
    const std::filesystem::path path = directory_.file(place);
    std::filesystem::create_directories(path.parent_path());
    std::filesystem::copy_file(image_path(image), path,
                               std::filesystem::copy_options::overwrite_existing);
    return path.string();
  }

  TemporaryDirectory directory_;
  std::string build_id_;
  std::string dump_;
};

TEST_F(FindVmlinux, BesideTheDump) {
  for (const char* name : {"vmlinux.debug", "vmlinux", "vmlinux-6.1.0-sample"}) {
    const std::string path = put(name);
    EXPECT_EQ(find_vmlinux(build_id_, "6.1.0-sample", dump_, {}).value_or(""), path);
    std::filesystem::remove(path);
  }
}

TEST_F(FindVmlinux, InADebugDirectory) {
  const std::string root = directory_.file("debug");
  for (const std::string& name :
       {std::string("vmlinux"), std::string("boot/vmlinux-6.1.0-sample"),
        std::string("lib/modules/6.1.0-sample/vmlinux"),
        ".build-id/" + build_id_.substr(0, 2) + "/" + build_id_.substr(2) + ".debug"}) {
    const std::string path = put("debug/" + name);
    EXPECT_EQ(find_vmlinux(build_id_, "6.1.0-sample", dump_,
                           {.use_cache = false, .cache_dir = "", .debug_dirs = {root}})
                  .value_or(""),
              path);
    std::filesystem::remove(path);
  }
}

TEST_F(FindVmlinux, OtherBuildIdIsPassedOver) {
  put("vmlinux", "dwarf4");
  const std::string right = put("debug/vmlinux");
  EXPECT_EQ(
      find_vmlinux(build_id_, "", dump_,
                   {.use_cache = false, .cache_dir = "", .debug_dirs = {directory_.file("debug")}})
          .value_or(""),
      right);

  std::filesystem::remove(right);
  const auto missing = find_vmlinux(build_id_, "6.1.0-sample", dump_, {});
  ASSERT_FALSE(missing);
  const std::string& message = missing.error().message;
  EXPECT_EQ(message.find('\n'), std::string::npos);
  EXPECT_NE(message.find(directory_.file("vmlinux") + " (its build-id is "), std::string::npos);
  EXPECT_NE(message.find("/usr/lib/debug/boot/vmlinux-6.1.0-sample"), std::string::npos);
  EXPECT_NE(message.find(build_id_), std::string::npos);
}

TEST_F(FindVmlinux, ReleaseDecidesWithoutABuildId) {
  const std::string path = put("vmlinux");
  EXPECT_EQ(find_vmlinux("", "6.1.0-sample", dump_, {}).value_or(""), path);
  const auto other = find_vmlinux("", "5.10.0-other", dump_, {});
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().message.find("it is of 6.1.0-sample"), std::string::npos);
}

TEST_F(FindVmlinux, WhatIsNoElfIsPassedOver) {
  write_file(directory_.file("vmlinux"), {'x', 'y'});
  const auto found = find_vmlinux(build_id_, "", dump_, {});
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().message.find("not an ELF file"), std::string::npos);
}

}  // namespace
}  // namespace kmortem::debuginfo
