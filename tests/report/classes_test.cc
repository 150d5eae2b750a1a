// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/classes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "reports.h"

namespace kmortem::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Classes, Table) {
  const std::string text = classes_text(testing::small_report().snapshot);
  EXPECT_THAT(
      text,
      HasSubstr("    3  {....}  3:3       1       0  __lockdep_no_validate__  &dev->mutex\n"));
  EXPECT_THAT(text,
              HasSubstr("    9  {....}  2:2       0       1  0xffffffff82000000       &x->lock\n"));
  EXPECT_THAT(text, HasSubstr("2 classes, as of the moment when lockdep stopped; "
                              "lock_classes 2 of 8192\n"));
  EXPECT_THAT(text, Not(HasSubstr("-> &x->lock")));
}

TEST(Classes, VerboseListsDirectSuccessors) {
  const std::string text = classes_text(testing::small_report().snapshot, {.verbose = true});
  EXPECT_THAT(text, HasSubstr("&dev->mutex\n       -> &x->lock\n"));
}

TEST(Classes, AKernelWithoutLockdep) {
  EXPECT_THAT(classes_text(model::Snapshot{}), HasSubstr("no lockdep"));
}

TEST(Classes, Json) {
  const auto json = nlohmann::json::parse(classes_json(testing::small_report().snapshot));
  EXPECT_EQ(json["lockdep"]["classes"].size(), 2U);
}

}  // namespace
}  // namespace kmortem::report
