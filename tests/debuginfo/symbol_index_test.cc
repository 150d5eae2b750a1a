// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/symbol_index.h"

#include <gtest/gtest.h>

#include <string>

namespace kmortem::debuginfo {
namespace {

constexpr uint64_t kText = 0xffffffff81000000;
constexpr uint32_t kFunction = SymbolRecord::kFunction;
constexpr uint32_t kObject = SymbolRecord::kObject;
constexpr uint32_t kGlobal = SymbolRecord::kGlobal;
constexpr uint32_t kWeak = SymbolRecord::kWeak;
constexpr uint32_t kNameOnly = SymbolRecord::kNameOnly;

/// Owns what an index's image points into.
class Builder {
 public:
  void add(const std::string& name, uint64_t address, uint32_t size, uint32_t flags) {
    records_.push_back(
        {address, static_cast<uint32_t>(names_.size()), size << SymbolRecord::kFlagBits | flags});
    names_ += name + '\0';
  }
  SymbolIndex index() const { return {SymbolImage{records_, names_, {}, false}, nullptr}; }

 private:
  std::vector<SymbolRecord> records_;
  std::string names_ = std::string(1, '\0');
};

std::string at(const SymbolIndex& index, uint64_t address) {
  const auto symbol = index.containing(address);
  if (!symbol) return "";
  return std::string(symbol->name) + "+" + std::to_string(address - symbol->address) + "/" +
         std::to_string(symbol->size);
}

TEST(SymbolIndex, FindsAndContains) {
  Builder builder;
  builder.add("second", kText + 0x100, 0x40, kFunction | kGlobal);
  builder.add("first", kText, 0x80, kFunction);
  builder.add("object", kText + 0x1000000, 8, kObject);
  const SymbolIndex index = builder.index();
  EXPECT_EQ(index.find("first"), kText);
  EXPECT_EQ(index.find("second"), kText + 0x100);
  EXPECT_EQ(index.find("third"), std::nullopt);
  EXPECT_EQ(index.find(""), std::nullopt);
  EXPECT_EQ(at(index, kText), "first+0/128");
  EXPECT_EQ(at(index, kText + 0x7f), "first+127/128");
  EXPECT_EQ(at(index, kText + 0x13f), "second+63/64");
  EXPECT_EQ(at(index, kText - 1), "");
  EXPECT_EQ(at(index, kText + 0x1000007), "object+7/8");
  EXPECT_EQ(at(index, kText + 0x1000008), "");
  EXPECT_EQ(at(index, 0), "");
  EXPECT_EQ(at(index, UINT64_MAX), "");
}

// A call that does not return ends a function, and its return address lies in the padding.
TEST(SymbolIndex, PaddingBelongsToTheFunctionBefore) {
  Builder builder;
  builder.add("function", kText, 0x21, kFunction);
  builder.add("far", kText + 0x1000, 0x10, kFunction);
  const SymbolIndex index = builder.index();
  EXPECT_EQ(at(index, kText + 0x21), "function+33/33");
  EXPECT_EQ(at(index, kText + 0x500), "");
}

TEST(SymbolIndex, SlideMovesTheImageAndNothingElse) {
  Builder builder;
  builder.add("function", kText, 0x20, kFunction);
  builder.add("per_cpu", 0x1c0, 8, kObject);
  SymbolIndex index = builder.index();
  index.set_slide(0x12000000);
  EXPECT_EQ(index.find("function"), kText + 0x12000000);
  EXPECT_EQ(index.find("per_cpu"), 0x1c0u);
  EXPECT_EQ(at(index, kText + 0x12000010), "function+16/32");
  EXPECT_EQ(at(index, kText + 0x10), "");
  EXPECT_EQ(at(index, 0x1c0), "");
  EXPECT_EQ(index.per_cpu_containing(0x1c7)->name, "per_cpu");
  EXPECT_EQ(index.per_cpu_containing(0x1c8), std::nullopt);
  EXPECT_EQ(index.per_cpu_containing(kText), std::nullopt);
}

TEST(SymbolIndex, PrefersAmongAliasesAsKallsymsDoes) {
  Builder builder;
  builder.add("_stext", kText, 0, kGlobal);
  builder.add("__start_marker", kText, 0, kGlobal);
  builder.add("__weak_alias", kText, 0x20, kFunction | kGlobal | kWeak);
  builder.add("__do_sys_read", kText, 0x20, kFunction);
  builder.add("do_read", kText, 0x20, kFunction | kGlobal);
  builder.add("_do_read", kText, 0x20, kFunction | kGlobal);
  const SymbolIndex index = builder.index();
  EXPECT_EQ(at(index, kText + 4), "do_read+4/32");
  EXPECT_EQ(index.find("_stext"), kText);
}

TEST(SymbolIndex, SizeOfMarkersIsTheDistanceToTheNext) {
  Builder builder;
  builder.add("label", kText, 0, 0);
  builder.add("other_label", kText, 0, 0);
  builder.add("next", kText + 0x30, 0x10, kFunction);
  EXPECT_EQ(at(builder.index(), kText + 5), "label+5/48");
}

TEST(SymbolIndex, LabelInsideAFunction) {
  Builder builder;
  builder.add("entry_SYSCALL_64", kText, 0x100, kFunction | kGlobal);
  builder.add("small_object", kText + 0x40, 4, kObject);
  builder.add("entry_after_hwframe", kText + 0x80, 0, kGlobal);
  builder.add("next", kText + 0x100, 0x10, kFunction);
  const SymbolIndex index = builder.index();
  EXPECT_EQ(at(index, kText + 0x90), "entry_after_hwframe+16/128");
  EXPECT_EQ(at(index, kText + 0x50), "entry_SYSCALL_64+80/256");
}

TEST(SymbolIndex, OfOneNameAGlobalWinsElseTheFirst) {
  Builder builder;
  builder.add("twin", kText, 1, kFunction);
  builder.add("twin", kText + 0x10, 1, kFunction);
  builder.add("solo", kText + 0x20, 1, kFunction);
  builder.add("solo", kText + 0x30, 1, kFunction | kGlobal);
  builder.add("solo", kText + 0x40, 1, kFunction | kGlobal);
  const SymbolIndex index = builder.index();
  EXPECT_EQ(index.find("twin"), kText);
  EXPECT_EQ(index.find("solo"), kText + 0x30);
}

TEST(SymbolIndex, AbsoluteSymbolsAreFoundByNameOnly) {
  Builder builder;
  builder.add("absolute", kText + 8, 0x100, kNameOnly);
  const SymbolIndex index = builder.index();
  EXPECT_EQ(index.find("absolute"), kText + 8);
  EXPECT_EQ(at(index, kText + 9), "");
}

TEST(SymbolIndex, ManyNames) {
  Builder builder;
  for (uint32_t i = 0; i < 20000; ++i) {
    builder.add("symbol_number_" + std::to_string(i), kText + (i * 7919 % 20000) * 16, 16,
                kFunction);
  }
  const SymbolIndex index = builder.index();
  for (uint32_t i = 0; i < 20000; ++i) {
    const std::string name = "symbol_number_" + std::to_string(i);
    const uint64_t address = kText + (i * 7919 % 20000) * 16;
    ASSERT_EQ(index.find(name), address);
    ASSERT_EQ(index.containing(address + 15)->name, name);
  }
}

TEST(SymbolIndex, EmptyAndDamaged) {
  const SymbolIndex empty(SymbolImage{}, nullptr);
  EXPECT_EQ(empty.find("x"), std::nullopt);
  EXPECT_EQ(empty.containing(kText), std::nullopt);

  // Names out of range, and a full hash table that leads nowhere.
  const std::vector<SymbolRecord> records = {{kText, 1u << 30, 16u << SymbolRecord::kFlagBits}};
  const std::vector<uint32_t> slots = {1, 1, 77, 1};
  const SymbolIndex damaged(SymbolImage{records, {}, slots, true}, nullptr);
  EXPECT_EQ(damaged.find("x"), std::nullopt);
  EXPECT_EQ(damaged.containing(kText)->name, "");
}

}  // namespace
}  // namespace kmortem::debuginfo
