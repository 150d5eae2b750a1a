// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/layout.h"

#include <gtest/gtest.h>

#include "report/printable.h"

namespace kmortem::report {
namespace {

TEST(Layout, WrapsParagraphsAndKeepsLaidOutLines) {
  EXPECT_EQ(wrapped("aaa bbb ccc ddd", 2, 10), "  aaa bbb\n  ccc ddd\n");
  EXPECT_EQ(wrapped("a\n\n  kept   as it is and long\nb", 1, 8),
            " a\n\n   kept   as it is and long\n b\n");
  EXPECT_EQ(wrapped("averyveryverylongword x", 0, 5), "averyveryverylongword\nx\n");
  EXPECT_EQ(wrapped("", 2, 10), "");
}

TEST(Layout, LabelsStandBesideTheirText) {
  EXPECT_EQ(labelled("fix", "aaa bbb", 16), "  fix       aaa\n            bbb\n");
  EXPECT_EQ(labelled("evidence", "", 80), "");
}

TEST(Layout, TablesAlign) {
  EXPECT_EQ(table({{"N", "NAME", "X"}, {"10", "a", ""}}, {true}), " N  NAME  X\n10  a\n");
  EXPECT_EQ(table({{"é", "b"}, {"ab", "c"}}), "é   b\nab  c\n");
}

TEST(Layout, Sizes) {
  EXPECT_EQ(size_text(300), "300 bytes");
  EXPECT_EQ(size_text(24 << 20), "24 MB");
  EXPECT_EQ(size_text(3 << 19), "1.5 MB");
  EXPECT_EQ(size_text(UINT64_MAX), "16384 PB");
}

TEST(Layout, Durations) {
  EXPECT_EQ(duration_text(52'900'000'000), "52 s");
  EXPECT_EQ(duration_text(187'000'000'000), "3 min 7 s");
  EXPECT_EQ(duration_text(7'500'000'000'000), "2 h 5 min");
  EXPECT_EQ(duration_text(90'000'000'000'000), "1 day 1 h");
}

TEST(Layout, Counts) {
  EXPECT_EQ(count_text(1, "lock"), "1 lock");
  EXPECT_EQ(count_text(0, "class", "classes"), "0 classes");
}

TEST(Printable, KeepsTextAndEscapesTheRest) {
  EXPECT_EQ(printable("plain &x->lock"), "plain &x->lock");
  EXPECT_EQ(printable("Grüße ─"), "Grüße ─");
  EXPECT_EQ(printable("a\nb\tc"), "a\\x0ab\\x09c");
  EXPECT_EQ(printable("a\nb\tc", true), "a\nb\tc");
  EXPECT_EQ(printable("\x1b[0m\x7f"), "\\x1b[0m\\x7f");
  EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b");
  EXPECT_EQ(printable(std::string("\0x", 2)), "\\x00x");
}

}  // namespace
}  // namespace kmortem::report
