// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/kernel_info.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kernel/kernel_time.h"
#include "kernel/taint.h"
#include "support/fake_kernel.h"

namespace kmortem::kernel {
namespace {

constexpr uint64_t kData = 0xffffffff82a00000;

std::vector<model::LogRecord> log_of(const std::vector<std::string>& lines) {
  std::vector<model::LogRecord> log;
  for (const auto& line : lines) {
    log.emplace_back();
    log.back().text = line;
  }
  return log;
}

TEST(PanicMessage, IsWhatThePanicSays) {
  const auto log = log_of({"BUG: x", "Kernel panic - not syncing: softlockup: hung tasks\nmore",
                           "---[ end Kernel panic - not syncing: softlockup: hung tasks ]---"});
  EXPECT_EQ(find_panic_message(log, false), "softlockup: hung tasks");
}

TEST(PanicMessage, IsTheOopsWhenTheDumpCameFirst) {
  const auto log = log_of({"BUG: sleeping function called from invalid context at a.c:1",
                           "BUG: kernel NULL pointer dereference, address: 0000000000000008",
                           "#PF: supervisor read access in kernel mode",
                           "Oops: 0000 [#1] PREEMPT SMP NOPTI", "CPU: 0 PID: 1"});
  EXPECT_EQ(find_panic_message(log, true),
            "BUG: kernel NULL pointer dereference, address: 0000000000000008");
  EXPECT_EQ(find_panic_message(log, false), "");
}

TEST(PanicMessage, OopsWithoutAHeadSpeaksForItself) {
  const auto log =
      log_of({"general protection fault, probably for non-canonical address "
              "0x6b6b6b6b6b6b6b6b: 0000 [#1] SMP"});
  EXPECT_EQ(find_panic_message(log, true), log[0].text);
}

TEST(PanicMessage, IsEmptyForALivingMachine) {
  EXPECT_EQ(find_panic_message(log_of({"BUG: workqueue lockup - pool cpus=0"}), true), "");
  EXPECT_EQ(find_panic_message({}, true), "");
}

TEST(Taint, LettersByBit) {
  EXPECT_EQ(taint_letters(0), "");
  EXPECT_EQ(taint_letters(1), "P");
  EXPECT_EQ(taint_letters((1 << 9) | (1 << 12) | (1 << 13)), "WOE");
  EXPECT_EQ(taint_letters(UINT64_MAX), "PFSRMBUDAWCIOELKXTNJ");
}

TEST(KernelTime, FromTheTimekeeper) {
  test::FakeKernel k;
  auto& t = k.types;
  const auto base =
      t.structure("tk_read_base", 32, {t.at(0, "shift", t.u32), t.at(8, "xtime_nsec", t.u64)});
  const auto timespec =
      t.structure("timespec64", 16, {t.at(0, "tv_sec", t.s64), t.at(8, "tv_nsec", t.s64)});
  const auto timekeeper =
      t.define("timekeeper", 128,
               {t.at(0, "tkr_mono", base), t.at(64, "xtime_sec", t.u64),
                t.at(72, "wall_to_monotonic", timespec), t.at(88, "offs_boot", t.s64)});
  t.variable("tk_core", t.structure("", 192, {t.at(64, "timekeeper", timekeeper)}));
  k.symbols.add("tk_core", kData);
  k.memory.map(kData, 192);
  const uint64_t tk = kData + 64;
  k.set(tk, "timekeeper.tkr_mono.shift", 8);
  k.set(tk, "timekeeper.tkr_mono.xtime_nsec", uint64_t{500'000'000} << 8);
  k.set(tk, "timekeeper.xtime_sec", 1'700'000'100);
  k.set(tk, "timekeeper.wall_to_monotonic.tv_sec", static_cast<uint64_t>(-1'700'000'001));
  k.set(tk, "timekeeper.wall_to_monotonic.tv_nsec", 250'000'000);
  k.set(tk, "timekeeper.offs_boot", 10'000'000'000);
  const KernelTime time = read_kernel_time(k.target());
  EXPECT_EQ(time.wall_seconds, 1'700'000'100);
  EXPECT_EQ(time.uptime_ns, 109'750'000'000u);

  k.set(tk, "timekeeper.xtime_sec", uint64_t{1} << 62);
  EXPECT_EQ(read_kernel_time(k.target()).uptime_ns, 0u);
  EXPECT_EQ(k.problems.all().size(), 1u);
}

TEST(KernelTime, FromJiffies) {
  test::FakeKernel k;
  k.symbols.add("jiffies_64", kData);
  k.symbols.add("tick_nsec", kData + 8);
  k.memory.put_u64(kData, (uint64_t{1} << 32) - 300 * 250 + 500);
  k.memory.put_u64(kData + 8, 4'000'000);
  EXPECT_EQ(read_kernel_time(k.target()).uptime_ns, 2'000'000'000u);
  k.memory.put_u64(kData, 5);
  EXPECT_EQ(read_kernel_time(k.target()).uptime_ns, 0u);
}

TEST(KernelInfo, TextsAndTaint) {
  test::FakeKernel k;
  auto& t = k.types;
  const auto text = t.array(t.character, 65);
  const auto names = t.structure("new_utsname", 390,
                                 {t.at(65, "nodename", text), t.at(130, "release", text),
                                  t.at(195, "version", text), t.at(260, "machine", text)});
  t.define("uts_namespace", 400, {t.at(4, "name", names)});
  k.symbols.add("init_uts_ns", kData);
  k.symbols.add("linux_banner", kData + 0x200);
  k.symbols.add("saved_command_line", kData + 0x300);
  k.symbols.add("tainted_mask", kData + 0x308);
  k.symbols.add("panic_cpu", kData + 0x310);
  k.memory.map(kData, 0x1000);
  k.set_text(kData, "uts_namespace.name.release", "6.1.0-56-amd64");
  k.set_text(kData, "uts_namespace.name.machine", "x86_64");
  k.memory.put_string(kData + 0x200, "Linux version 6.1.0\n");
  k.memory.put_u64(kData + 0x300, kData + 0x400);
  k.memory.put_string(kData + 0x400, "quiet splash");
  k.memory.put_u64(kData + 0x308, 1 << 12);
  k.memory.put_u32(kData + 0x310, 3);
  const auto info = read_kernel_info(k.target(), log_of({"Oops: 0002 [#1] SMP"}));
  EXPECT_EQ(info.release, "6.1.0-56-amd64");
  EXPECT_EQ(info.machine, "x86_64");
  EXPECT_EQ(info.banner, "Linux version 6.1.0");
  EXPECT_EQ(info.command_line, "quiet splash");
  EXPECT_EQ(info.taint_flags, "O");
  EXPECT_EQ(info.panic_cpu, 3);
  EXPECT_EQ(info.panic_message, "Oops: 0002 [#1] SMP");
  EXPECT_EQ(info.possible_cpus, 1u);
}

TEST(KernelInfo, NothingKnownIsNothingSaid) {
  test::FakeKernel k;
  const auto info = read_kernel_info(k.target(), {});
  EXPECT_EQ(info.release, "");
  EXPECT_EQ(info.panic_cpu, -1);
  EXPECT_EQ(info.uptime_ns, 0u);
}

}  // namespace
}  // namespace kmortem::kernel
