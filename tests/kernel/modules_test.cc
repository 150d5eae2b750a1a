// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/modules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/fake_kernel.h"

namespace kmortem::kernel {
namespace {

using testing::SizeIs;

constexpr uint64_t kHead = 0xffffffff82b00000;
constexpr uint64_t kModule = 0xffffffffc0200000;

struct ModulesTest : testing::Test {
  test::FakeKernel k;

  /// struct module with the given members after state, list and name.
  void define_module(std::vector<debuginfo::Member> more) {
    auto& t = k.types;
    if (t.find("list_head") == debuginfo::kVoid) {
      t.define("list_head", 16, {t.at(0, "next", t.pointer()), t.at(8, "prev", t.pointer())});
    }
    std::vector<debuginfo::Member> members = {
        t.at(0, "state", t.u32), t.at(8, "list", t.find("list_head")),
        t.at(24, "name", t.array(t.character, 56)), t.at(80, "taints", t.u64)};
    members.insert(members.end(), more.begin(), more.end());
    t.define("module", 1024, members);
    k.symbols.add("modules", kHead);
  }

  void put_modules(std::vector<std::string> names) {
    std::vector<uint64_t> nodes = {kHead};
    for (size_t i = 0; i < names.size(); ++i) {
      const uint64_t module = kModule + i * 0x10000;
      k.memory.map(module, 1024);
      k.set_text(module, "module.name", names[i]);
      nodes.push_back(module + 8);
    }
    for (size_t i = 0; i < nodes.size(); ++i) {
      const size_t next = (i + 1) % nodes.size();
      k.memory.put_u64(nodes[i], nodes[next]);
      k.memory.put_u64(nodes[next] + 8, nodes[i]);
    }
  }

  /// The members of 6.4: an array of pieces by purpose.
  std::vector<debuginfo::Member> memory_array() {
    auto& t = k.types;
    const auto memory =
        t.define("module_memory", 16, {t.at(0, "base", t.pointer()), t.at(8, "size", t.u32)});
    t.enumerators({{"MOD_TEXT", 0}, {"MOD_INIT_TEXT", 4}});
    return {t.at(128, "mem", t.array(memory, 7))};
  }
  void put_piece(uint64_t module, uint64_t index, uint64_t base, uint64_t size) {
    k.memory.put_u64(module + 128 + index * 16, base);
    k.memory.put_u32(module + 136 + index * 16, static_cast<uint32_t>(size));
  }
};

TEST_F(ModulesTest, MemoryByPurpose) {  // 6.4
  define_module(memory_array());
  put_modules({"ext4", "jbd2"});
  put_piece(kModule, 0, 0xffffffffc1000000, 0x5000);
  put_piece(kModule, 1, 0xffffffffc1100000, 0x2000);
  put_piece(kModule, 4, 0xffffffffc1200000, 0x1000);
  k.set(kModule, "module.taints", (1u << 12) | (1u << 13));
  k.set(kModule + 0x10000, "module.state", 2);
  const auto modules = read_modules(k.target());
  ASSERT_THAT(modules, SizeIs(2));
  EXPECT_EQ(modules[0].info.name, "ext4");
  EXPECT_EQ(modules[0].info.address, kModule);
  EXPECT_EQ(modules[0].info.base, 0xffffffffc1000000u);
  EXPECT_EQ(modules[0].info.size, 0x8000u);
  EXPECT_EQ(modules[0].info.taints, "OE");
  EXPECT_EQ(modules[0].info.state, "Live");
  EXPECT_EQ(modules[1].info.state, "Unloading");
  EXPECT_TRUE(modules[0].has_text(0xffffffffc1004fff));
  EXPECT_TRUE(modules[0].has_text(0xffffffffc1200000));
  EXPECT_FALSE(modules[0].has_text(0xffffffffc1100000));
  EXPECT_TRUE(modules[0].contains(0xffffffffc1100000));
  EXPECT_FALSE(modules[0].contains(0xffffffffc1005000));
}

TEST_F(ModulesTest, CoreLayout) {  // 4.5 to 6.3
  auto& t = k.types;
  const auto layout = t.structure(
      "module_layout", 32,
      {t.at(0, "base", t.pointer()), t.at(8, "size", t.u32), t.at(12, "text_size", t.u32)});
  define_module({t.at(128, "core_layout", layout), t.at(160, "init_layout", layout)});
  put_modules({"loop"});
  k.set(kModule, "module.core_layout.base", 0xffffffffc1000000);
  k.set(kModule, "module.core_layout.size", 0x6000);
  k.set(kModule, "module.core_layout.text_size", 0x2000);
  const auto modules = read_modules(k.target());
  ASSERT_THAT(modules, SizeIs(1));
  EXPECT_EQ(modules[0].info.base, 0xffffffffc1000000u);
  EXPECT_EQ(modules[0].info.size, 0x6000u);
  EXPECT_TRUE(modules[0].has_text(0xffffffffc1001fff));
  EXPECT_FALSE(modules[0].has_text(0xffffffffc1002000));
}

TEST_F(ModulesTest, CoreAndInitOfOldKernels) {  // to 4.4
  auto& t = k.types;
  define_module({t.at(128, "module_init", t.pointer()), t.at(136, "module_core", t.pointer()),
                 t.at(144, "init_size", t.u32), t.at(148, "core_size", t.u32),
                 t.at(152, "init_text_size", t.u32), t.at(156, "core_text_size", t.u32)});
  put_modules({"loop"});
  k.set(kModule, "module.module_core", 0xffffffffa0000000);
  k.set(kModule, "module.core_size", 0x4000);
  k.set(kModule, "module.core_text_size", 0x1000);
  k.set(kModule, "module.module_init", 0xffffffffa0010000);
  k.set(kModule, "module.init_size", 0x1000);
  k.set(kModule, "module.init_text_size", 0x1000);
  k.set(kModule, "module.state", 1);
  const auto modules = read_modules(k.target());
  ASSERT_THAT(modules, SizeIs(1));
  EXPECT_EQ(modules[0].info.size, 0x5000u);
  EXPECT_EQ(modules[0].info.state, "Loading");
  EXPECT_TRUE(modules[0].has_text(0xffffffffa0010800));
}

TEST_F(ModulesTest, AbsurdSizesAndUnformedModulesAreLeftOut) {
  define_module(memory_array());
  put_modules({"forming", "damaged"});
  k.set(kModule, "module.state", 3);
  put_piece(kModule + 0x10000, 0, 0xfffffffffffff000, 0xf0000000);
  const auto modules = read_modules(k.target());
  ASSERT_THAT(modules, SizeIs(1));
  EXPECT_EQ(modules[0].info.name, "damaged");
  EXPECT_TRUE(modules[0].ranges.empty());
}

TEST_F(ModulesTest, BrokenListKeepsBothEnds) {
  define_module(memory_array());
  put_modules({"a", "b", "c", "d"});
  k.memory.exclude(kModule + 0x10000);
  const auto modules = read_modules(k.target());
  ASSERT_THAT(modules, SizeIs(3));
  EXPECT_EQ(modules[1].info.name, "d");
  ASSERT_THAT(k.problems.all(), SizeIs(1));
  EXPECT_EQ(k.problems.all()[0].address, kModule + 0x10000);
}

TEST_F(ModulesTest, BuildIdOutOfTheNotes) {
  auto& t = k.types;
  const auto attribute = t.structure("attribute", 16, {t.at(0, "name", t.pointer())});
  const auto bin = t.define(
      "bin_attribute", 64,
      {t.at(0, "attr", attribute), t.at(16, "size", t.u64), t.at(24, "private", t.pointer())});
  t.define("module_notes_attrs", 16, {t.at(8, "notes", t.u32), t.at(16, "attrs", t.array(bin, 0))});
  auto members = memory_array();
  members.push_back(t.at(512, "notes_attrs", t.pointer()));
  define_module(members);
  put_modules({"loop"});
  const uint64_t notes = 0xffff888004000000;
  const uint64_t property_note = 0xffffffffc1003000;
  const uint64_t gnu_note = 0xffffffffc1003040;
  k.set(kModule, "module.notes_attrs", notes);
  k.memory.put_u32(notes + 8, 2);
  k.memory.put_u64(notes + 16 + 16, 20);
  k.memory.put_u64(notes + 16 + 24, property_note);
  k.memory.put_u64(notes + 80 + 16, 20);
  k.memory.put_u64(notes + 80 + 24, gnu_note);
  k.memory.put_u32(property_note, 4);
  k.memory.put_u32(property_note + 4, 4);
  k.memory.put_u32(property_note + 8, 5);
  k.memory.put_string(property_note + 12, "GNU");
  k.memory.put_u32(property_note + 16, 1);
  k.memory.put_u32(gnu_note, 4);
  k.memory.put_u32(gnu_note + 4, 4);
  k.memory.put_u32(gnu_note + 8, 3);
  k.memory.put_string(gnu_note + 12, "GNU");
  k.memory.put_u32(gnu_note + 16, 0xefbe01ca);
  const auto modules = read_modules(k.target());
  ASSERT_THAT(modules, SizeIs(1));
  EXPECT_EQ(modules[0].info.build_id, "ca01beef");
}

TEST_F(ModulesTest, BuildIdMember) {  // 5.14 with CONFIG_STACKTRACE_BUILD_ID
  auto members = memory_array();
  members.push_back(k.types.at(600, "build_id", k.types.array(k.types.u8, 4)));
  define_module(members);
  put_modules({"loop"});
  k.set(kModule, "module.build_id", 0xab, 3);
  EXPECT_EQ(read_modules(k.target())[0].info.build_id, "000000ab");
}

TEST_F(ModulesTest, KernelWithoutModules) {
  EXPECT_TRUE(read_modules(k.target()).empty());
  EXPECT_TRUE(k.problems.all().empty());
}

}  // namespace
}  // namespace kmortem::kernel
