// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/stack_walker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <initializer_list>
#include <map>
#include <vector>

#include "support/fake_kernel.h"

namespace kmortem::kernel {
namespace {

using model::FoundBy;
using test::FakeKernel;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr uint64_t kText = 0xffffffff81000000;
constexpr uint64_t kUncovered = kText + 0x80;  // before the table's first entry
constexpr uint64_t kInner = kText + 0x100;
constexpr uint64_t kCaller = kText + 0x200;
constexpr uint64_t kThread = kText + 0x300;
constexpr uint64_t kException = kText + 0x400;
constexpr uint64_t kSwitch = kText + 0x500;
constexpr uint64_t kUnknown = kText + 0x600;
constexpr uint64_t kTables = kText + 0x100000;
constexpr uint64_t kStack = 0xffffc90000100000;
constexpr uint64_t kIrqStack = 0xffffc90000200000;
constexpr uint64_t kStackSize = 0x4000;

// arch/x86/include/asm/orc_types.h of 6.1.
constexpr unsigned kRegUndefined = 0;
constexpr unsigned kRegSp = 5;
constexpr unsigned kRegSpIndirect = 9;
constexpr unsigned kTypeCall = 0;
constexpr unsigned kTypeRegs = 1;

// Call frame information that says: the caller's sp is so far above this one.
class FakeCallFrames : public debuginfo::CallFrames {
 public:
  std::expected<debuginfo::CallerFrame, debuginfo::NoCaller> caller(
      uint64_t address, debuginfo::FrameValues& frame) override {
    const auto known = depths.find(address & ~uint64_t{0xff});
    if (known == depths.end()) return std::unexpected(debuginfo::NoCaller::not_covered);
    debuginfo::CallerFrame caller;
    caller.outermost = known->second == 0;
    caller.cfa = frame.register_value(7).value_or(0) + known->second;
    caller.registers[3] = frame.word(caller.cfa - 16);
    return caller;
  }
  std::map<uint64_t, uint64_t> depths;  ///< by the function's begin; 0: there is no caller
};

class StackWalkerTest : public ::testing::Test {
 protected:
  StackWalkerTest() {
    auto& t = kernel_.types;
    t.define("orc_entry", 6,
             {t.at(0, "sp_offset", t.integer(2, true)), t.at(2, "bp_offset", t.integer(2, true)),
              t.bits(32, 4, "sp_reg", t.u8), t.bits(36, 4, "bp_reg", t.u8),
              t.bits(40, 2, "type", t.u8), t.bits(42, 1, "end", t.u8)});
    kernel_.symbols.add("_stext", kText, 0x10);
    kernel_.symbols.add("_etext", kText + 0x1000, 1);
    kernel_.memory.map(kText, 0x1000);
    kernel_.memory.map(kStack, kStackSize);
    kernel_.memory.map(kIrqStack, kStackSize);
    cover("inner", kInner, kRegSp, 24, kTypeCall);
    cover("caller", kCaller, kRegSp, 16, kTypeCall);
    cover("thread", kThread, kRegUndefined, 0, kTypeCall, true);
    cover("exception", kException, kRegSp, 0, kTypeRegs);
    cover("switch", kSwitch, kRegSpIndirect, 8, kTypeCall);
    cover("unknown", kUnknown, kRegUndefined, 0, kTypeCall);
    // push %rbx; sub $0x8,%rsp: what inner's entry says of its stack.
    put_code(kInner, {0x53, 0x48, 0x83, 0xec, 0x08, 0x90, 0x90, 0x90, 0xc3});
    // A call ends at caller+0x10.
    put_code(kCaller + 0xb, {0xe8, 0x00, 0x00, 0x00, 0x00});
  }

  void put_code(uint64_t at, std::initializer_list<uint8_t> bytes) {
    for (const uint8_t byte : bytes) kernel_.memory.put_u8(at++, byte);
  }

  void cover(const char* name, uint64_t at, unsigned sp_reg, int16_t offset, unsigned type,
             bool end = false) {
    kernel_.symbols.add(name, at, 0x100);
    const auto distance = static_cast<int32_t>(at - (kTables + ip_.size()));
    append(ip_, distance);
    append(entries_, offset);
    append(entries_, int16_t{0});
    append(entries_, static_cast<uint8_t>(sp_reg));
    append(entries_, static_cast<uint8_t>(type | (end ? 4U : 0U)));
  }

  template <typename T>
  static void append(std::vector<std::byte>& bytes, T value) {
    const auto* from = reinterpret_cast<const std::byte*>(&value);
    bytes.insert(bytes.end(), from, from + sizeof value);
  }

  /// struct pt_regs as entry code pushes it.
  void put_registers(uint64_t at, uint64_t rip, uint64_t rsp, uint64_t cs = 0x10) {
    for (uint64_t i = 0; i < 21; ++i) kernel_.memory.put_u64(at + i * 8, 0x1000 + i);
    kernel_.memory.put_u64(at + 16 * 8, rip);
    kernel_.memory.put_u64(at + 17 * 8, cs);
    kernel_.memory.put_u64(at + 19 * 8, rsp);
  }

  /// The same, with flags as a CPU has them.
  void put_kernel_registers(uint64_t at, uint64_t rip, uint64_t rsp, uint64_t cs = 0x10) {
    put_registers(at, rip, rsp, cs);
    kernel_.memory.put_u64(at + 18 * 8, 0x246);
  }

  /// thread() called caller(), which called inner(), whose rsp is `sp`.
  void put_calls(uint64_t sp) {
    kernel_.memory.put_u64(sp + 8, 0xffff888001234560);  // rbx, pushed by inner
    kernel_.memory.put_u64(sp + 16, kCaller + 0x10);
    kernel_.memory.put_u64(sp + 32, kThread + 0x20);
  }

  UnwoundStack walk(uint64_t pc, uint64_t sp, uint64_t bp = 0) {
    const Target target = kernel_.target();
    Symbolizer symbolizer(target, {});
    const UnwindSources sources{
        {kTables, ip_, entries_}, [this] { return &call_frames_; }, without_orc_};
    UnwindTables tables(target, sources, symbolizer);
    StackMemory memory(kernel_.memory, {{StackKind::task, kStack, kStack + kStackSize},
                                        {StackKind::irq, kIrqStack, kIrqStack + kStackSize}});
    ReturnAddresses returns(target);
    RegisterRecovery recovery(target, symbolizer);
    UnwoundStack stack;
    UnwoundFrame first;
    first.registers.set(Register::rip, pc);
    first.registers.set(Register::rsp, sp);
    first.registers.set(Register::rbp, bp);
    first.interrupted = true;
    stack.frames.push_back(first);
    StackWalker(tables, memory, returns, recovery).walk(stack);
    return stack;
  }

  static std::vector<uint64_t> pcs(const UnwoundStack& stack) {
    std::vector<uint64_t> all;
    for (const UnwoundFrame& frame : stack.frames) all.push_back(frame.pc());
    return all;
  }

  FakeKernel kernel_;
  FakeCallFrames call_frames_;
  bool without_orc_ = false;
  std::vector<std::byte> ip_;
  std::vector<std::byte> entries_;
};

TEST_F(StackWalkerTest, CallsByOrc) {
  put_calls(kStack + 0x1000);
  const auto stack = walk(kInner + 8, kStack + 0x1000);
  EXPECT_THAT(pcs(stack), ElementsAre(kInner + 8, kCaller + 0x10, kThread + 0x20));
  EXPECT_TRUE(stack.complete);
  EXPECT_EQ(stack.frames[1].found_by, FoundBy::orc);
  EXPECT_EQ(stack.frames[1].registers.get(Register::rsp), kStack + 0x1018);
  EXPECT_EQ(stack.frames[2].registers.get(Register::rsp), kStack + 0x1028);
}

TEST_F(StackWalkerTest, WhatACalleePushedIsTheCallers) {
  put_calls(kStack + 0x1000);
  const auto stack = walk(kInner + 8, kStack + 0x1000);
  EXPECT_EQ(stack.frames[1].registers.get(Register::rbx), 0xffff888001234560);
  EXPECT_FALSE(stack.frames[1].registers.get(Register::rdi));
}

TEST_F(StackWalkerTest, IntoWhatAnExceptionInterrupted) {
  put_registers(kStack + 0x800, kInner + 8, kStack + 0x1000);
  put_calls(kStack + 0x1000);
  const auto stack = walk(kException + 0x20, kStack + 0x800);
  EXPECT_THAT(pcs(stack),
              ElementsAre(kException + 0x20, kInner + 8, kCaller + 0x10, kThread + 0x20));
  EXPECT_TRUE(stack.complete);
  EXPECT_TRUE(stack.frames[1].interrupted);
  EXPECT_EQ(stack.frames[1].pt_regs, kStack + 0x800);
  EXPECT_EQ(stack.frames[1].registers.get(Register::r15), 0x1000);
  EXPECT_EQ(stack.frames[1].registers.get(Register::rdi), 0x100e);
  EXPECT_FALSE(stack.frames[2].interrupted);
}

TEST_F(StackWalkerTest, UserModeIsTheEnd) {
  put_registers(kStack + 0x800, 0x401000, 0x7fff0000, 0x33);
  const auto stack = walk(kException + 0x20, kStack + 0x800);
  EXPECT_THAT(stack.frames, SizeIs(1));
  EXPECT_TRUE(stack.complete);
  EXPECT_EQ(stack.user_pt_regs, kStack + 0x800);
  EXPECT_EQ(stack.user_registers.get(Register::rip), 0x401000);
}

TEST_F(StackWalkerTest, FromTheInterruptStackToTheTasks) {
  const uint64_t top = kIrqStack + kStackSize - 8;
  kernel_.memory.put_u64(top, kStack + 0x1000);
  kernel_.memory.put_u64(kStack + 0x1000, kCaller + 0x10);
  kernel_.memory.put_u64(kStack + 0x1010, kThread + 0x20);
  const auto stack = walk(kSwitch + 0x10, top);
  EXPECT_THAT(pcs(stack), ElementsAre(kSwitch + 0x10, kCaller + 0x10, kThread + 0x20));
  EXPECT_TRUE(stack.complete);
  EXPECT_EQ(stack.frames[1].registers.get(Register::rsp), kStack + 0x1008);
}

TEST_F(StackWalkerTest, CodeThatOrcDoesNotDescribeIsScannedFor) {
  kernel_.memory.put_u64(kStack + 0x1008, kInner + 0x40);  // text, but no call lies before it
  kernel_.memory.put_u64(kStack + 0x1010, kCaller + 0x10);
  kernel_.memory.put_u64(kStack + 0x1020, kThread + 0x20);
  const auto stack = walk(kUnknown + 0x10, kStack + 0x1000);
  EXPECT_THAT(pcs(stack), ElementsAre(kUnknown + 0x10, kCaller + 0x10, kThread + 0x20));
  EXPECT_EQ(stack.frames[1].found_by, FoundBy::scan);
  EXPECT_FALSE(stack.frames[1].registers.get(Register::rbp));
  EXPECT_EQ(stack.frames[2].found_by, FoundBy::orc);
}

TEST_F(StackWalkerTest, CodeBeforeTheTableByFramePointer) {
  kernel_.memory.put_u64(kStack + 0x1040, kStack + 0x1100);
  kernel_.memory.put_u64(kStack + 0x1048, kCaller + 0x10);
  kernel_.memory.put_u64(kStack + 0x1058, kThread + 0x20);
  const auto stack = walk(kUncovered, kStack + 0x1000, kStack + 0x1040);
  EXPECT_THAT(pcs(stack), ElementsAre(kUncovered, kCaller + 0x10, kThread + 0x20));
  EXPECT_EQ(stack.frames[1].found_by, FoundBy::frame_pointer);
  EXPECT_EQ(stack.frames[1].registers.get(Register::rbp), kStack + 0x1100);
}

class WithoutOrcTest : public StackWalkerTest {
 protected:
  WithoutOrcTest() {
    without_orc_ = true;
    kernel_.symbols.add("__entry_text_start", kException, 0);
    kernel_.symbols.add("__entry_text_end", kException + 0x100, 0);
    call_frames_.depths = {{kInner, 24}, {kCaller, 16}, {kThread, 0}};
    put_code(kThread + 0x1b, {0xe8, 0x00, 0x00, 0x00, 0x00});
  }
};

TEST_F(WithoutOrcTest, CallsByCallFrameInformation) {
  put_calls(kStack + 0x1000);
  const auto stack = walk(kInner + 8, kStack + 0x1000);
  EXPECT_THAT(pcs(stack), ElementsAre(kInner + 8, kCaller + 0x10, kThread + 0x20));
  EXPECT_TRUE(stack.complete);
  EXPECT_EQ(stack.frames[1].found_by, FoundBy::cfi);
  EXPECT_EQ(stack.frames[1].registers.get(Register::rbx), 0xffff888001234560);
  EXPECT_EQ(stack.frames[2].registers.get(Register::rsp), kStack + 0x1028);
}

TEST_F(WithoutOrcTest, OrcIsPreferred) {
  without_orc_ = false;
  put_calls(kStack + 0x1000);
  EXPECT_EQ(walk(kInner + 8, kStack + 0x1000).frames[1].found_by, FoundBy::orc);
}

TEST_F(WithoutOrcTest, ByInstructionsWhereNothingIsSaid) {
  call_frames_.depths.erase(kInner);
  put_calls(kStack + 0x1000);
  const auto stack = walk(kInner + 8, kStack + 0x1000);
  EXPECT_THAT(pcs(stack), ElementsAre(kInner + 8, kCaller + 0x10, kThread + 0x20));
  EXPECT_EQ(stack.frames[1].found_by, FoundBy::instructions);
  EXPECT_EQ(stack.frames[1].registers.get(Register::rbx), 0xffff888001234560);
}

TEST_F(WithoutOrcTest, InstructionsThatLeadToNoCallAreNotBelieved) {
  call_frames_.depths.erase(kInner);
  put_calls(kStack + 0x1000);
  kernel_.memory.put_u64(kStack + 0x1010, kCaller + 0x40);  // text, but no call lies before it
  const auto stack = walk(kInner + 8, kStack + 0x1000);
  EXPECT_THAT(pcs(stack), ElementsAre(kInner + 8, kThread + 0x20));
  EXPECT_EQ(stack.frames[1].found_by, FoundBy::scan);
}

TEST_F(WithoutOrcTest, EntryCodeByTheRegistersItSaved) {
  put_kernel_registers(kStack + 0x800, kInner + 8, kStack + 0x1000);
  put_calls(kStack + 0x1000);
  const auto stack = walk(kException + 0x20, kStack + 0x800);
  EXPECT_THAT(pcs(stack),
              ElementsAre(kException + 0x20, kInner + 8, kCaller + 0x10, kThread + 0x20));
  EXPECT_TRUE(stack.frames[1].interrupted);
  EXPECT_EQ(stack.frames[1].found_by, FoundBy::registers);
  EXPECT_EQ(stack.frames[1].registers.get(Register::rdi), 0x100e);
}

TEST_F(WithoutOrcTest, EntryCodeThatWentToTheInterruptStack) {
  put_kernel_registers(kStack + 0x800, kInner + 8, kStack + 0x1000);
  put_calls(kStack + 0x1000);
  const uint64_t top = kIrqStack + kStackSize - 8;
  kernel_.memory.put_u64(top, kStack + 0x800);
  const auto stack = walk(kException + 0x20, top);
  EXPECT_THAT(pcs(stack),
              ElementsAre(kException + 0x20, kInner + 8, kCaller + 0x10, kThread + 0x20));
  EXPECT_EQ(stack.frames[1].pt_regs, kStack + 0x800);
}

TEST_F(WithoutOrcTest, WordsThatAreNoRegistersAreNotTakenForThem) {
  put_kernel_registers(kStack + 0x800, kInner + 8, kStack + 0x1000);
  kernel_.memory.put_u64(kStack + 0x800 + 17 * 8, 0x18);  // no code segment
  put_calls(kStack + 0x1000);
  const auto stack = walk(kException + 0x20, kStack + 0x800);
  EXPECT_THAT(pcs(stack), ElementsAre(kException + 0x20, kCaller + 0x10, kThread + 0x20));
  EXPECT_EQ(stack.frames[1].found_by, FoundBy::scan);
}

TEST_F(WithoutOrcTest, EntryCodeThatWasInterruptedItself) {
  kernel_.memory.put_u64(kStack + 0x800, kInner + 8);
  kernel_.memory.put_u64(kStack + 0x808, 0x10);
  kernel_.memory.put_u64(kStack + 0x810, 0x246);
  kernel_.memory.put_u64(kStack + 0x818, kStack + 0x1000);
  put_calls(kStack + 0x1000);
  const auto stack = walk(kException, kStack + 0x800, 0xb0);
  EXPECT_THAT(pcs(stack), ElementsAre(kException, kInner + 8, kCaller + 0x10, kThread + 0x20));
  EXPECT_EQ(stack.frames[1].registers.get(Register::rbp), 0xb0);
}

TEST_F(WithoutOrcTest, RegistersBelowOtherCodeAreNotTakenForItsCallers) {
  // An argument on the stack: inner() has saved the pointer that an interrupt handler gets.
  call_frames_.depths.clear();
  put_kernel_registers(kStack + 0x1000, kUnknown + 8, kStack + 0x1200);
  kernel_.memory.put_u64(kStack + 0x1010, kCaller + 0x10);
  const auto stack = walk(kInner + 8, kStack + 0x1000);
  EXPECT_EQ(stack.frames.at(1).pc(), kCaller + 0x10);
}

TEST_F(WithoutOrcTest, UserModeIsTheEnd) {
  put_kernel_registers(kStack + 0x800, 0x401000, 0x7fff0000, 0x33);
  const auto stack = walk(kException + 0x20, kStack + 0x800);
  EXPECT_THAT(stack.frames, SizeIs(1));
  EXPECT_TRUE(stack.complete);
  EXPECT_EQ(stack.user_pt_regs, kStack + 0x800);
}

TEST_F(WithoutOrcTest, AssemblyAtTheTopIsAThreadsFirstFrame) {
  const uint64_t sp = kStack + kStackSize - kPtRegsSize;
  const auto stack = walk(kException + 0x20, sp);
  EXPECT_THAT(stack.frames, SizeIs(1));
  EXPECT_TRUE(stack.complete);
  EXPECT_FALSE(walk(kException + 0x20, sp - 0x100).complete);
}

TEST_F(WithoutOrcTest, InlineAssemblyThatWentToTheInterruptStack) {
  const uint64_t top = kIrqStack + kStackSize - 8;
  kernel_.memory.put_u64(top, kStack + 0x1000);
  put_calls(kStack + 0x1000);
  const auto stack = walk(kInner + 8, top);
  EXPECT_THAT(pcs(stack), ElementsAre(kInner + 8, kCaller + 0x10, kThread + 0x20));
  EXPECT_EQ(stack.frames[1].registers.get(Register::rsp), kStack + 0x1018);
}

TEST_F(StackWalkerTest, NeverBackwards) {
  put_registers(kStack + 0x800, kInner + 8, kStack + 0x700);
  const auto stack = walk(kException + 0x20, kStack + 0x800);
  EXPECT_THAT(stack.frames, SizeIs(1));
  EXPECT_FALSE(stack.complete);
  EXPECT_THAT(stack.stopped_because, HasSubstr("no stack of this CPU"));
}

TEST_F(StackWalkerTest, AReturnAddressThatIsNone) {
  put_calls(kStack + 0x1000);
  kernel_.memory.put_u64(kStack + 0x1010, 0x1234);
  const auto stack = walk(kInner + 8, kStack + 0x1000);
  EXPECT_FALSE(stack.complete);
  EXPECT_THAT(stack.stopped_because, HasSubstr("not a return address"));
}

TEST_F(StackWalkerTest, AStackThatTheDumpLeavesOut) {
  kernel_.memory.exclude(kStack, kStackSize);
  const auto stack = walk(kInner + 8, kStack + 0x1000);
  EXPECT_THAT(stack.frames, SizeIs(1));
  EXPECT_FALSE(stack.complete);
  EXPECT_THAT(stack.stopped_because, HasSubstr("not readable"));
}

}  // namespace
}  // namespace kmortem::kernel
