// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/header_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports.h"

namespace kmortem::report {
namespace {

using ::testing::HasSubstr;

TEST(HeaderText, SaysWhatTheDumpIs) {
  const std::string text = header_text(testing::small_report().snapshot, Style(false));
  EXPECT_THAT(text, HasSubstr("vmcore: kdump, lzo, 24 MB, pages filtered (-d 31)   "
                              "vmlinux: build-id matches\n"));
  EXPECT_THAT(text, HasSubstr("Kernel  6.1.192   #1 SMP Debian 6.1.192-2   2 CPUs   up 52 s   "
                              "tainted: O E L\n"));
  EXPECT_THAT(text, HasSubstr("Panic   softlockup: hung tasks, on CPU 1 in kflow_gcd [110]\n"));
  EXPECT_THAT(text, HasSubstr("Locks   lockdep had stopped (debug_locks = 0): 2 classes, "
                              "1 dependency, 1 lock held by 1 task at that time; "
                              "1 lock found in memory\n"));
}

TEST(HeaderText, NothingKnownIsSaidNotInvented) {
  const std::string text = header_text(model::Snapshot{}, Style(false));
  EXPECT_THAT(text, HasSubstr("vmcore: unknown format   vmlinux: none"));
  EXPECT_THAT(text, HasSubstr("Panic   none: the machine had not panicked"));
  EXPECT_THAT(text, HasSubstr("Locks   no lockdep in this kernel"));
}

TEST(HeaderText, DamageIsSaid) {
  model::DumpInfo dump;
  dump.format = "elf";
  dump.truncated = true;
  EXPECT_EQ(dump_text(dump), "elf, TRUNCATED");
}

}  // namespace
}  // namespace kmortem::report
