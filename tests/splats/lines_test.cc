// SPDX-License-Identifier: GPL-3.0-or-later
#include "splats/lines.h"

#include <gtest/gtest.h>

namespace kmortem::splats {
namespace {

std::vector<std::string> texts(std::string_view log) {
  std::vector<std::string> texts;
  for (const Line& line : read_lines(log)) texts.push_back(line.text);
  return texts;
}

using Texts = std::vector<std::string>;

TEST(Lines, JoinsWhatAMailProgramWrapped) {
  EXPECT_EQ(texts("[    1.000001] 000000c7448982a0 \n(&v->lock){+.+.}-{3:3}, at: \nf+0x44/0x1a0\n"
                  "[    1.000002] next\n"),
            (Texts{"000000c7448982a0 (&v->lock){+.+.}-{3:3}, at: f+0x44/0x1a0", "next"}));
}

TEST(Lines, KeepsTheLinesOfAMultiLineRecordApart) {
  EXPECT_EQ(texts("[    1.000001] \n               other info:\n[    1.000002] next\n"),
            (Texts{"", "other info:", "next"}));
}

TEST(Lines, DoesNotJoinProseBehindABlankLine) {
  EXPECT_EQ(texts("[    1.000001] last\n\nRegards\n"), (Texts{"last", "", "Regards"}));
}

// Kernels 4.9 to 4.14 printed every KERN_CONT of lockdep's on a line of its own.
TEST(Lines, PutsALockTogetherThatWasPrintedInPieces) {
  EXPECT_EQ(texts("[    1.000001]  (\n[    1.000002] &p->mutex/1\n[    1.000003] ){+.+.+.}\n"
                  "[    1.000004] , at: \n[    1.000005] [<ffffffff81000010>] f+0x1/0x2\n"),
            (Texts{"(&p->mutex/1){+.+.+.}, at: [<ffffffff81000010>] f+0x1/0x2"}));
  EXPECT_EQ(texts("[    1.000001] -> #1\n[    1.000002]  (\n[    1.000003] &x\n"
                  "[    1.000004] ){+.+.}\n[    1.000005] :\n"),
            (Texts{"-> #1 (&x){+.+.} :"}));
}

TEST(Lines, PutsPiecesTogetherByCaller) {
  const auto lines = read_lines(
      "[    1.000001][   T1]  (\n[    1.000002][   T2] other\n[    1.000003][   T1] &x\n"
      "[    1.000004][   T1] ){+.+.}\n");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].text, "(&x){+.+.}");
  EXPECT_EQ(lines[0].first, 1U);
  EXPECT_EQ(lines[0].last, 4U);
  EXPECT_EQ(lines[1].text, "other");
}

TEST(Lines, ATitleIsNeverThePieceOfAnotherLine) {
  EXPECT_EQ(texts("[    1.000001] lock(\n[    1.000002] WARNING: inconsistent lock state\n"),
            (Texts{"lock(", "WARNING: inconsistent lock state"}));
}

TEST(Lines, CountsTheLinesOfADumpsRecords) {
  std::vector<model::LogRecord> log(2);
  log[0].text = "\nWARNING: x\n";
  log[0].time_ns = 5;
  log[0].caller = "T9";
  log[1].text = "last";
  const auto lines = read_lines(log);
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[1].text, "WARNING: x");
  EXPECT_EQ(lines[1].first, 2U);
  EXPECT_EQ(lines[1].caller, "T9");
  EXPECT_EQ(lines[3].first, 4U);
}

}  // namespace
}  // namespace kmortem::splats
