// SPDX-License-Identifier: GPL-3.0-or-later
#include "splats/line_prefix.h"

#include <gtest/gtest.h>

namespace kmortem::splats {
namespace {

constexpr uint64_t kTime = 12'345'678'000;

struct Case {
  const char* line;
  const char* text;
  const char* caller = "";
  bool timed = true;
};

TEST(LinePrefix, IsTakenOffInEveryFormThatLogsCarry) {
  const Case cases[] = {
      {"[   12.345678] BUG: x", "BUG: x"},
      {"[   12.345678][  T943] BUG: x", "BUG: x", "T943"},
      {"[   12.345678] [      C1] BUG: x", "BUG: x", "C1"},
      {"<4>[   12.345678] BUG: x", "BUG: x"},
      {"kernel: [   12.345678] BUG: x", "BUG: x"},
      {"[   12.345678] kernel: BUG: x", "BUG: x"},
      {"[   12.345678] host kernel: BUG: x", "BUG: x"},
      {"[   12.345678] a kernel of truth", "a kernel of truth"},
      {"Oct  3 06:48:30 host kernel: [   12.345678] BUG: x", "BUG: x"},
      {"Oct 13 06:48:30 kern.warn kernel: [   12.345678]  f+0x1/0x2", " f+0x1/0x2"},
      {"Oct 03 06:48:30 host kernel: BUG: x", "BUG: x", "", false},
      {"2025-05-12T22:29:47.022594+02:00 host kernel: [    C6] BUG: x", "BUG: x", "C6", false},
      {"2025-05-12T22:29:47,022594+02:00 BUG: x", "BUG: x", "", false},
      {"[Tue Jan  2 03:04:05 2024] BUG: x", "BUG: x", "", false},
      {"[  +0.000013] BUG: x", "BUG: x", "", false},
      {"Jul 30 19:12:16 host 3,1208,12345678,-,caller=T7;BUG:\\x09x", "BUG:\tx", "T7"},
      {"3,1208,12345678,-;BUG: x", "BUG: x"},
      {"> [   12.345678] BUG: x", "BUG: x"},
      {"login: [   12.345678] BUG: x", "BUG: x"},
      {"\x1b[32m ok \x1b[0m[   12.345678] BUG: x", "BUG: x"},
      {"[   12.345678@0] BUG: x", "BUG: x"},
      {"[   12.345678]  [0:        swapper:    0] BUG: x", "BUG: x"},
      {"kern  :warn  : [   12.345678] BUG: x", "BUG: x"},
  };
  for (const Case& each : cases) {
    const PrefixedLine line = read_prefix(each.line);
    EXPECT_TRUE(line.prefixed) << each.line;
    EXPECT_EQ(line.text, each.text) << each.line;
    EXPECT_EQ(line.caller, each.caller) << each.line;
    EXPECT_EQ(line.time_ns, each.timed ? std::optional(kTime) : std::nullopt) << each.line;
  }
}

TEST(LinePrefix, LeavesLinesAloneThatHaveNone) {
  for (const char* text : {"BUG: x", "  indented", "", "[<c0014990>] f+0x1/0x2", "#0: (x){+.+.}",
                           "-> #1 (M1){+.+...}:", "[ INFO: inconsistent lock state ]",
                           "1 lock held by x/1:", "[12:34] not a time"}) {
    const PrefixedLine line = read_prefix(text);
    EXPECT_FALSE(line.prefixed) << text;
    EXPECT_EQ(line.text, text);
  }
}

TEST(LinePrefix, KnowsFragmentsOfExtendedNetconsole) {
  EXPECT_TRUE(read_prefix("4,1,2,c,caller=T0; more").fragment);
  EXPECT_TRUE(read_prefix("4,1,2,+; more").fragment);
  EXPECT_FALSE(read_prefix("4,1,2,-; more").fragment);
}

TEST(LinePrefix, OverflowingTimesAreNoTimes) {
  EXPECT_FALSE(read_prefix("[99999999999999999999999.123456] x").time_ns);
  EXPECT_FALSE(read_prefix("[18446744073709551615.123456] x").time_ns);
}

}  // namespace
}  // namespace kmortem::splats
