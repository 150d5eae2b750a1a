// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checks/rules.h"
#include "snapshots.h"

namespace kmortem::checks {
namespace {

using namespace testing;
using ::testing::HasSubstr;

model::Snapshot four_queues() {
  model::Snapshot snapshot = lockdep_snapshot();
  add_class(snapshot, 227, "&dev->mutex", kNoValidate, 3).key_symbol = "__lockdep_no_validate__";
  add_map(snapshot, 0xffff888100000018, "&dev->mutex", kNoValidate, 227, 3);
  for (unsigned i = 0; i < 4; ++i) {
    add_map(snapshot, 0xffff888100e66298 + i * 0x100, "&txq->_xmit_lock", kNoValidate, 227, 2);
  }
  return snapshot;
}

TEST(ClassCacheAlias, AliasedLocksOfOneKindAreOneFinding) {
  const auto findings = check_class_cache_alias(four_queues());
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].severity, model::Severity::error);
  EXPECT_EQ(findings[0].grade, model::Grade::proven);
  EXPECT_EQ(findings[0].locks.size(), 4U);
  EXPECT_EQ(findings[0].locks[0].name, "&txq->_xmit_lock");
  EXPECT_EQ(findings[0].locks[0].lock_class, "&dev->mutex");
  EXPECT_THAT(all_text(findings[0]), HasSubstr("Invalid wait context"));
  EXPECT_THAT(findings[0].remedy, HasSubstr("lockdep_set_class()"));
  EXPECT_THAT(findings[0].remedy, HasSubstr("lockdep_set_novalidate_class()"));
  EXPECT_EQ(findings[0].signature,
            "class-cache-alias:&txq->_xmit_lock:&dev->mutex:__lockdep_no_validate__");
}

// All that names the class &dev->mutex is its entry in lock_classes[], which may be damaged.
TEST(ClassCacheAlias, AClassThatNoLockIsNamedAfterIsInferred) {
  model::Snapshot snapshot = four_queues();
  snapshot.scan.maps[0].name = "&txq->_xmit_lock";
  snapshot.scan.maps[0].wait_type_inner = 2;
  const auto findings = check_class_cache_alias(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].grade, model::Grade::inferred);
}

TEST(ClassCacheAlias, AClassOfAnotherWaitTypeThanAllItsLocksIsInferred) {
  model::Snapshot snapshot = lockdep_snapshot();
  add_class(snapshot, 7, "&a->lock", 0xffffffffc0002000, 3);
  for (unsigned i = 0; i < 4; ++i) {
    add_map(snapshot, 0xffff888100000000 + i * 0x1000, "&a->lock", 0xffffffffc0002000, 7, 2);
  }
  const auto findings = check_class_cache_alias(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].grade, model::Grade::inferred);
}

TEST(ClassCacheAlias, TheLogsReportOfThatAddressIsCalledFalse) {
  model::Snapshot snapshot = four_queues();
  log_line(snapshot, 1880.242429, "[ BUG: Invalid wait context ]");
  log_line(snapshot, 1880.242557, "tc/6787 is trying to lock:");
  log_line(snapshot, 1880.242595,
           "ffff888100e66398 (&dev->mutex){....}-{3:3}, at: netif_freeze_queues+0x4b/0x90");
  const auto findings = check_class_cache_alias(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].locks[0].address, 0xffff888100e66398U);
  EXPECT_EQ(findings[0].locks.size(), 4U);
  EXPECT_THAT(findings[0].explanation, HasSubstr("false report"));
  EXPECT_THAT(findings[0].explanation, HasSubstr("netif_freeze_queues+0x4b/0x90"));
  EXPECT_THAT(all_text(findings[0]), HasSubstr("[ BUG: Invalid wait context ]"));
}

TEST(ClassCacheAlias, AReportOfAnotherLockIsNotCalledFalse) {
  model::Snapshot snapshot = four_queues();
  log_line(snapshot, 10.0, "[ BUG: Invalid wait context ]");
  log_line(snapshot, 10.0, "x/1 is trying to lock:");
  log_line(snapshot, 10.0, "ffff888100aaaaaa (&dev->mutex){....}-{3:3}, at: f+0x1/0x2");
  const auto findings = check_class_cache_alias(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].explanation.find("false report:"), std::string::npos);
}

TEST(ClassCacheAlias, OwnClassAndItsSubclassesAreHealthy) {
  model::Snapshot snapshot = lockdep_snapshot();
  add_class(snapshot, 1, "&rq->__lock", 0xffffffff82000000);
  add_class(snapshot, 2, "&rq->__lock", 0xffffffff82000000, 2, 1);
  add_map(snapshot, 0xffff888100000000, "&rq->__lock", 0xffffffff82000000, 1).class_cache[1] = 2;
  add_map(snapshot, 0xffff888100000100, "&rq->__lock", 0xffffffff82000000, -1);
  EXPECT_TRUE(check_class_cache_alias(snapshot).empty());
}

// Freed memory: the class slot now belongs to another key.
TEST(ClassCacheAlias, RecycledClassIsNoAlias) {
  model::Snapshot snapshot = lockdep_snapshot();
  add_class(snapshot, 1, "&new->lock", 0xffffffff82000000, 3);
  add_map(snapshot, 0xffff888100000000, "&old->lock", 0xffffffffc0000000, 1, 2);
  add_map(snapshot, 0xffff888100000100, "&old->lock", 0xffffffffc0000000, 4000, 2);
  EXPECT_TRUE(check_class_cache_alias(snapshot).empty());
}

TEST(ClassCacheAlias, WaitTypeAloneIsEnough) {
  model::Snapshot snapshot = lockdep_snapshot();
  add_class(snapshot, 1, "&a->lock", 0xffffffff82000000, 3).key_symbol = "a_key";
  add_map(snapshot, 0xffff888100000000, "&a->lock", 0xffffffff82000000, 1, 2);
  const auto findings = check_class_cache_alias(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].severity, model::Severity::error);
  EXPECT_THAT(findings[0].title, HasSubstr("wait type that is not its own"));
}

// What is left of a lock on an old stack: the name still stands, the rest was written over.
TEST(ClassCacheAlias, MapsWrittenOverInPartAreNoAlias) {
  model::Snapshot snapshot = lockdep_snapshot();
  add_class(snapshot, 1, "&prev->lock", 0xffffffff82000000, 2).key_symbol = "__key.119";
  add_map(snapshot, 0xffffa0dd40252cc0, "&prev->lock", 0xffffffff82000000, 1, 0);
  model::LockMap& map =
      add_map(snapshot, 0xffffa0dd40252dc0, "&prev->lock", 0xffffffff82000000, 1, 3);
  map.wait_type_outer = 7;
  EXPECT_TRUE(check_class_cache_alias(snapshot).empty());
}

TEST(ClassCacheAlias, NamesAloneAreAWarningOrANote) {
  model::Snapshot snapshot = lockdep_snapshot();
  add_class(snapshot, 1, "&a->lock", 0xffffffff82000000).key_symbol = "a_key";
  add_class(snapshot, 2, "&dev->mutex", kNoValidate, 3).key_symbol = "__lockdep_no_validate__";
  add_map(snapshot, 0xffff888100000000, "&b->lock", 0xffffffff82000000, 1);
  add_map(snapshot, 0xffff888100000100, "&b->write_lock", kNoValidate, 2, 3);
  const auto findings = check_class_cache_alias(snapshot);
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].severity, model::Severity::warning);
  EXPECT_EQ(findings[1].severity, model::Severity::note);
}

TEST(ClassCacheAlias, KnowsASpinlockByItsInstance) {
  model::Snapshot snapshot = four_queues();
  model::SpinlockInstance lock;
  lock.address = 0xffff888100e66280;
  lock.map = 0xffff888100e66298;
  snapshot.scan.spinlocks.push_back(lock);
  const auto findings = check_class_cache_alias(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].locks[0].type, "spinlock");
}

}  // namespace
}  // namespace kmortem::checks
