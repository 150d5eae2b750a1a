// SPDX-License-Identifier: GPL-3.0-or-later
// Symbols of real ELF files, against nm.
#include <cstdio>
#include <map>
#include <sstream>

#include "images.h"

namespace kmortem::debuginfo {
namespace {

std::map<std::string, uint64_t> nm_says(const std::string& path) {
  std::map<std::string, uint64_t> all;
  FILE* pipe = popen(("nm " + path).c_str(), "r");
  char line[512];
  while (pipe != nullptr && std::fgets(line, sizeof line, pipe) != nullptr) {
    std::istringstream in(line);
    std::string address, type, name;
    in >> address >> type >> name;
    if (type != "U") all[name] = std::stoull(address, nullptr, 16);
  }
  if (pipe != nullptr) pclose(pipe);
  return all;
}

TEST(Symbols, AgreeWithNm) {
  auto debuginfo = open_image("dwarf5");
  ASSERT_NE(debuginfo, nullptr);
  auto truth = nm_says(image_path("dwarf5"));
  ASSERT_GT(truth.size(), 20u);
  truth.erase("twin");  // two of them
  for (const auto& [name, address] : truth) {
    EXPECT_EQ(debuginfo->symbols().find(name), address) << name;
  }
}

TEST(Symbols, Containing) {
  auto debuginfo = open_image("dwarf5");
  ASSERT_NE(debuginfo, nullptr);
  const SymbolTable& symbols = debuginfo->symbols();
  const uint64_t function = *symbols.find("outer_function");
  EXPECT_EQ(symbols.containing(function + 3)->name, "outer_function");
  EXPECT_EQ(symbols.containing(*symbols.find("aliased_function"))->name, "aliased_function");
  const uint64_t classes = *symbols.find("lock_classes");
  const auto inside = symbols.containing(classes + 5000);
  ASSERT_TRUE(inside);
  EXPECT_EQ(inside->name, "lock_classes");
  EXPECT_EQ(inside->size, 8192u * 136);
}

TEST(Symbols, PerCpuOffsetsAreNotSlid) {
  auto debuginfo = open_image("dwarf5");
  ASSERT_NE(debuginfo, nullptr);
  SymbolTable& symbols = debuginfo->symbols();
  const auto before = symbols.find("this_cpu_int");
  const auto function = symbols.find("schedule");
  ASSERT_TRUE(before && function);
  EXPECT_LT(*before, 0x100u);
  symbols.set_slide(0x1e00000);
  EXPECT_EQ(symbols.find("this_cpu_int"), before);
  EXPECT_EQ(symbols.per_cpu_containing(*before + 3)->name, "this_cpu_int");
  EXPECT_EQ(symbols.find("schedule"), *function + 0x1e00000);
}

}  // namespace
}  // namespace kmortem::debuginfo
