// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports.h"

namespace kmortem::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Text, TheWholeReport) {
  const std::string text = report_text(testing::small_report());
  EXPECT_THAT(text, HasSubstr("1 error, 1 note\n"));
  EXPECT_THAT(text,
              HasSubstr("error: shared-lock-key (proven)\nOne key serves two kinds of lock.\n"));
  EXPECT_THAT(text, HasSubstr("  Because of this.\n\n    on one CPU:\n      lock(a)\n"));
  EXPECT_THAT(text, HasSubstr("  fix       give it a key\n"));
  EXPECT_THAT(text, HasSubstr("  evidence  a fact\n"));
  EXPECT_THAT(text, HasSubstr("  waiter    kflow_gcd [110], CPU 1\n"));
  EXPECT_THAT(text, HasSubstr("note: lockdep-off (stale)\n"));
  EXPECT_THAT(text, HasSubstr("  follows   from shared-lock-key: One key serves"));
  EXPECT_THAT(text, HasSubstr("1 problem reading the dump\n"
                              "  task_struct at 0xffff888100300000: page excluded from the dump; "
                              "one task is not listed\n"));
  EXPECT_THAT(text, HasSubstr("kmortem explain shared-lock-key"));
}

TEST(Text, StacksComeBeforeTheFixAndAreNotListedTwice) {
  const std::string text = report_text(testing::small_report());
  const size_t stack = text.find("stats_rcv_proc+0x9   [lk_inconsistent] lk_inconsistent.c:25");
  ASSERT_NE(stack, std::string::npos) << text;
  EXPECT_LT(stack, text.find("  fix "));
  EXPECT_EQ(text.find("taken here:"), text.rfind("taken here:"));
}

TEST(Text, NothingFoundIsSaid) {
  const std::string text = report_text(model::Report{});
  EXPECT_THAT(text, HasSubstr("\nnothing found\n"));
  EXPECT_THAT(text, HasSubstr("no problems reading the dump\n"));
  EXPECT_THAT(text, Not(HasSubstr("explain")));
}

TEST(Text, ColourOnlyWhenAskedFor) {
  EXPECT_THAT(report_text(testing::small_report()), Not(HasSubstr("\x1b")));
  EXPECT_THAT(report_text(testing::small_report(), {.colour = true}), HasSubstr("\x1b[1;31merror"));
}

TEST(Text, ADumpCannotDriveTheTerminal) {
  model::Report report = testing::small_report();
  report.findings[0].title = "evil \x1b]0;title\x07 \xc2\x9b name";
  report.findings[0].tasks[0].comm = "\x1b[2J";
  report.snapshot.kernel.panic_message = "a\x1b[31mb";
  report.snapshot.problems.add({"\x1b[5m", 0, "\r", "", 1});
  const std::string text = report_text(report);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\xc2\x9b")));
  EXPECT_THAT(text, HasSubstr("evil \\x1b]0;title\\x07"));
}

TEST(Text, SignatureIsForVerbose) {
  EXPECT_THAT(report_text(testing::small_report()), Not(HasSubstr("shared-lock-key:x")));
  EXPECT_THAT(report_text(testing::small_report(), {.verbose = true}),
              HasSubstr("  signature shared-lock-key:x"));
}

TEST(Text, NoLineEndsInBlanks) {
  const std::string text = report_text(testing::small_report());
  EXPECT_THAT(text, Not(HasSubstr(" \n")));
}

}  // namespace
}  // namespace kmortem::report
