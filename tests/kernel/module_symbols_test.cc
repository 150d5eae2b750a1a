// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/module_symbols.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "kernel/symbolizer.h"
#include "support/fake_kernel.h"

namespace kmortem::kernel {
namespace {

using testing::SizeIs;

constexpr uint64_t kText = 0xffffffffc1000000;
constexpr uint64_t kData = 0xffffffffc1100000;
constexpr uint64_t kSymtab = 0xffffffffc1200000;
constexpr uint64_t kStrtab = 0xffffffffc1201ff0;  // its last name ends at a page's end

struct ModuleSymbolsTest : testing::Test {
  test::FakeKernel k;
  LoadedModule module;
  uint32_t next_name = 1;

  void SetUp() override {
    module.info.name = "mod";
    module.ranges = {{kText, kText + 0x1000, true, false}, {kData, kData + 0x1000, false, false}};
    module.kallsyms = {kSymtab, kStrtab, 0};
    k.memory.put_u8(kStrtab, 0);
    add("", 0, 0);
  }

  void add(const std::string& name, uint64_t value, uint16_t section = 1) {
    const uint64_t at = kSymtab + module.kallsyms.count++ * 24;
    k.memory.map(at, 24);
    k.memory.put_u32(at, name.empty() ? 0 : next_name);
    k.memory.put_u16(at + 6, section);
    k.memory.put_u64(at + 8, value);
    if (name.empty()) return;
    k.memory.put_string(kStrtab + next_name, name);
    next_name += static_cast<uint32_t>(name.size()) + 1;
  }
};

TEST_F(ModuleSymbolsTest, FindsTheNearestBelow) {
  add("b", kText + 0x100);
  add("a", kText);
  add("printk", kText + 0x50, 0);  // undefined: another's
  add(".L1", kText + 0x10);
  add("alias", kText + 0x100);
  add("d", kData + 0x20);
  const auto symbols = ModuleSymbols::read(k.target(), module);
  ASSERT_TRUE(symbols);
  EXPECT_EQ(symbols->size(), 3u);
  const auto a = symbols->containing(kText + 0x60);
  ASSERT_TRUE(a);
  EXPECT_EQ(a->name, "a");
  EXPECT_EQ(a->size, 0x100u);
  const auto b = symbols->containing(kText + 0xfff);
  ASSERT_TRUE(b);
  EXPECT_EQ(b->name, "b");
  EXPECT_EQ(b->size, 0xf00u);                // to the end of the text
  EXPECT_FALSE(symbols->containing(kData));  // b is elsewhere
  EXPECT_EQ(symbols->containing(kData + 0x20)->name, "d");
  EXPECT_FALSE(symbols->containing(kText - 1));
}

TEST_F(ModuleSymbolsTest, AbsurdCountIsRefused) {
  module.kallsyms.count = uint64_t{1} << 40;
  EXPECT_FALSE(ModuleSymbols::read(k.target(), module));
}

TEST_F(ModuleSymbolsTest, SymbolizerLooksInKernelAndModules) {
  add("mod_init", kText + 0x20);
  add("mod_exit", kText + 0x80);
  k.symbols.add("_stext", 0xffffffff81000000, 1);
  k.symbols.add("do_one_initcall", 0xffffffff81000100, 0x40);
  k.symbols.add("_etext", 0xffffffff81002000);
  Symbolizer symbolizer(k.target(), {module});
  const model::Frame frame = symbolizer.symbolize(kText + 0x24);
  EXPECT_EQ(frame.function, "mod_init");
  EXPECT_EQ(frame.offset, 4u);
  EXPECT_EQ(frame.function_size, 0x60u);
  EXPECT_EQ(frame.module, "mod");
  EXPECT_EQ(symbolizer.symbolize(0xffffffff81000110).function, "do_one_initcall");
  EXPECT_EQ(symbolizer.symbolize(0xffffffff81000110).module, "");
  EXPECT_EQ(symbolizer.symbolize(0xffffffff81000140).function, "");
  EXPECT_EQ(symbolizer.describe(kText + 0x20), "mod_init [mod]");
  EXPECT_EQ(symbolizer.describe(0xffffffff81000108), "do_one_initcall+0x8");
  EXPECT_TRUE(symbolizer.is_text(0xffffffff81000500));
  EXPECT_TRUE(symbolizer.is_text(kText + 0x500));
  EXPECT_FALSE(symbolizer.is_text(kText + 0x1000));
  EXPECT_EQ(symbolizer.symbolize(kText + 0x1000).module, "");
  EXPECT_FALSE(symbolizer.is_text(kData));
  EXPECT_FALSE(symbolizer.is_text(0xffffffff81002000));
}

TEST_F(ModuleSymbolsTest, ReturnAddressBelongsToItsCall) {
  add("caller", kText + 0x20);
  add("next", kText + 0x80);
  Symbolizer symbolizer(k.target(), {module});
  const model::Frame frame = symbolizer.symbolize_return(kText + 0x80);
  EXPECT_EQ(frame.function, "caller");
  EXPECT_EQ(frame.offset, 0x60u);
  EXPECT_EQ(frame.pc, kText + 0x80);
  EXPECT_EQ(symbolizer.symbolize(kText + 0x80).function, "next");
}

TEST_F(ModuleSymbolsTest, MissingTableIsToldOnceAndOnlyWhenAsked) {
  add("caller", kText + 0x20);
  k.memory.exclude(kSymtab);
  Symbolizer symbolizer(k.target(), {module});
  EXPECT_TRUE(k.problems.all().empty());
  EXPECT_EQ(symbolizer.symbolize(kText + 0x20).module, "mod");
  EXPECT_EQ(symbolizer.symbolize(kText + 0x21).function, "");
  ASSERT_THAT(k.problems.all(), SizeIs(1));
  EXPECT_EQ(k.problems.all()[0].count, 1u);
}

}  // namespace
}  // namespace kmortem::kernel
