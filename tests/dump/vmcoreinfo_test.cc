// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/vmcoreinfo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dump/fake_machine.h"

namespace kmortem::dump {
namespace {

std::vector<std::string> texts_in(PhysicalMemory& memory) {
  std::vector<std::string> texts;
  find_vmcoreinfo(memory, [&](std::string_view text) {
    texts.emplace_back(text);
    return false;
  });
  return texts;
}

TEST(VmcoreinfoTest, ReadsLinesSymbolsAndNumbers) {
  const Vmcoreinfo info(
      "OSRELEASE=6.1.0\nEMPTY=\nno equals sign\n=no key\nSYMBOL(a)=ffffffff81000000\n"
      "NUMBER(up)=12\nNUMBER(down)=-398458880\nNUMBER(hex)=0x1f\nNUMBER(bad)=12x\nKEY=a=b\n"
      "KERNELOFFSET=19c00000");
  EXPECT_EQ(info.line("OSRELEASE"), "6.1.0");
  EXPECT_EQ(info.line("EMPTY"), "");
  EXPECT_EQ(info.line("KEY"), "a=b");
  EXPECT_EQ(info.line("OS"), std::nullopt);
  EXPECT_EQ(info.symbol("a"), 0xffffffff81000000);
  EXPECT_EQ(info.number("up"), 12u);
  EXPECT_EQ(info.number("down"), 0xffffffffe8400000);
  EXPECT_EQ(info.number("hex"), 0x1fu);
  EXPECT_EQ(info.number("bad"), std::nullopt);
  EXPECT_EQ(info.hexadecimal("KERNELOFFSET"), 0x19c00000u);
}

TEST(VmcoreinfoTest, StopsAtANulByte) {
  const Vmcoreinfo info(std::string_view("A=1\n\0B=2\n", 9));
  EXPECT_EQ(info.line("A"), "1");
  EXPECT_EQ(info.line("B"), std::nullopt);
}

TEST(VmcoreinfoTest, FormatStringsAreNotVmcoreinfo) {
  EXPECT_FALSE(looks_like_vmcoreinfo("OSRELEASE=%s\n"));
  std::string text = test::FakeMachine().vmcoreinfo();
  EXPECT_TRUE(looks_like_vmcoreinfo(text));
  text[40] = '\x80';
  EXPECT_FALSE(looks_like_vmcoreinfo(text));
}

TEST(VmcoreinfoTest, IsFoundInMemoryAtAnyAlignment) {
  test::FakeMachine machine;
  const std::string text = machine.vmcoreinfo();
  // The second one lies across the end of a chunk that the search reads at once.
  for (const uint64_t at : {uint64_t{0x405000}, uint64_t{0x4fffe8}, uint64_t{0x7f1018}}) {
    machine.put_text(at, text);
  }
  EXPECT_THAT(texts_in(machine.memory), testing::ElementsAre(text, text, text));
}

TEST(VmcoreinfoTest, EndsAtTheFirstThatIsAccepted) {
  test::FakeMachine machine;
  machine.put_text(0x405000, machine.vmcoreinfo());
  machine.put_text(0x700000, machine.vmcoreinfo());
  int seen = 0;
  find_vmcoreinfo(machine.memory, [&](std::string_view) { return ++seen == 1; });
  EXPECT_EQ(seen, 1);
}

TEST(VmcoreinfoTest, HundredsOfCopiesDoNotHoldItUp) {
  test::FakeMachine machine;
  for (uint64_t at = 0x400000; at < 0x600000; at += 0x1000) {
    machine.put_text(at, machine.vmcoreinfo());
  }
  EXPECT_EQ(texts_in(machine.memory).size(), static_cast<size_t>(kMaxTexts));
}

}  // namespace
}  // namespace kmortem::dump
