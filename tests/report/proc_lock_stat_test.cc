// SPDX-License-Identifier: GPL-3.0-or-later
// Lines as the format strings of seq_stats() make them; whole files are compared in
// tests/e2e/proc_files_test.py.
#include "report/proc_lock_stat.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kmortem::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class LockStat : public ::testing::Test {
 protected:
  LockStat() {
    snapshot_.lockdep.present = true;
    snapshot_.lockdep.enabled = true;
  }

  model::ClassStatistics& add(unsigned index, const std::string& name, uint64_t contentions) {
    model::LockClass lock_class;
    lock_class.index = index;
    lock_class.raw_name = name;
    snapshot_.lockdep.position[index] = static_cast<unsigned>(snapshot_.lockdep.classes.size());
    snapshot_.lockdep.classes.push_back(lock_class);
    model::ClassStatistics statistics;
    statistics.class_index = index;
    statistics.write_wait.count = contentions;
    statistics.write_hold = {100, 1994, 2094, 2};
    snapshot_.lock_statistics.push_back(statistics);
    return snapshot_.lock_statistics.back();
  }

  std::string text() const { return proc_lock_stat(snapshot_); }

  model::Snapshot snapshot_;
};

TEST_F(LockStat, TimesAreMicrosecondsRoundedInTheThirdDigit) {
  add(1, "mutex", 0);
  // 100 ns, 1994 ns, 2094 ns, and 1047 ns on average.
  EXPECT_THAT(text(), HasSubstr("             2           0.10           1.99           2.09"
                                "           1.05\n"));
}

TEST_F(LockStat, ReadersHaveALineOfTheirOwn) {
  EXPECT_THAT((add(1, "sem", 0), text()), HasSubstr(std::string(37, ' ') + "sem:"));
  snapshot_.lock_statistics[0].read_hold.count = 1;
  EXPECT_THAT(text(), HasSubstr("\n" + std::string(35, ' ') + "sem-W:"));
  EXPECT_THAT(text(), HasSubstr("\n" + std::string(35, ' ') + "sem-R:"));
}

TEST_F(LockStat, AClassThatWasNeverReleasedHasNoLine) {
  add(1, "held_for_ever", 0).write_hold = {};
  EXPECT_THAT(text(), Not(HasSubstr("held_for_ever")));
}

TEST_F(LockStat, TheMostContendedComeFirst) {
  add(1, "calm", 1);
  add(2, "busy", 9);
  EXPECT_LT(text().find("busy:"), text().find("calm:"));
}

TEST_F(LockStat, ALongNameIsCutBeforeItsNumber) {
  add(1, std::string(50, 'x'), 0);
  snapshot_.lockdep.classes[0].name_version = 12;
  snapshot_.lockdep.classes[0].subclass = 1;
  // 38 columns less two for each suffix, less the closing zero; of "#12" two characters stay.
  EXPECT_THAT(text(), HasSubstr(" " + std::string(33, 'x') + "#1/1:"));
}

TEST_F(LockStat, PointsStandUnderALineAsLongAsTheName) {
  model::ClassStatistics& each = add(1, "mutex", 3);
  model::ContentionPoint point;
  point.address = 0xffffffff81000123;
  point.count = 3;
  point.frame.function = "f";
  point.frame.offset = 0x23;
  point.frame.function_size = 0x40;
  point.frame.module = "m";
  each.contention = {point};
  const std::string name(35, ' ');
  EXPECT_THAT(text(), HasSubstr("\n" + name + "-----\n" + name + "mutex" +
                                "              3          [<ffffffff81000123>] f+0x23/0x40 [m]\n"));
}

TEST_F(LockStat, SaysWhenLockdepWasOff) {
  EXPECT_THAT(text(), Not(HasSubstr("WARNING")));
  snapshot_.lockdep.enabled = false;
  EXPECT_THAT(text(), HasSubstr("lock_stat version 0.4\n*WARNING* lock debugging disabled!! - "
                                "possibly due to a lockdep warning\n-----"));
}

}  // namespace
}  // namespace kmortem::report
