// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checks/rules.h"
#include "snapshots.h"

namespace kmortem::checks {
namespace {

using namespace testing;
using ::testing::HasSubstr;

// &dev->mutex of every device on the novalidate key: what every kernel has.
model::Snapshot healthy() {
  model::Snapshot snapshot = lockdep_snapshot();
  add_class(snapshot, 5, "&dev->mutex", kNoValidate, 3).key_symbol = "__lockdep_no_validate__";
  for (unsigned i = 0; i < 20; ++i) {
    add_map(snapshot, 0xffff888100000000 + i * 0x1000, "&dev->mutex", kNoValidate, i % 2 ? 5 : -1,
            3);
  }
  return snapshot;
}

TEST(SharedLockKey, OneNameOnTheNovalidateKeyIsHealthy) {
  EXPECT_TRUE(check_shared_lock_key(healthy()).empty());
}

TEST(SharedLockKey, SpinlockBesideAMutexIsAnError) {
  model::Snapshot snapshot = healthy();
  add_map(snapshot, 0xffff888100e66298, "&txq->_xmit_lock", kNoValidate, 5, 2).symbol =
      "queue+0x18";
  const auto findings = check_shared_lock_key(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].severity, model::Severity::error);
  EXPECT_EQ(findings[0].grade, model::Grade::proven);
  EXPECT_THAT(findings[0].title, HasSubstr("__lockdep_no_validate__ serves 2 kinds of lock"));
  EXPECT_THAT(findings[0].remedy, HasSubstr("give &txq->_xmit_lock a key of its own"));
  EXPECT_THAT(all_text(findings[0]), HasSubstr("&dev->mutex: 20 locks in memory"));
  EXPECT_THAT(all_text(findings[0]), HasSubstr("0xffff888100e66298 <queue+0x18>"));
  EXPECT_EQ(findings[0].signature,
            "shared-lock-key:__lockdep_no_validate__:&dev->mutex:&txq->_xmit_lock");
}

TEST(SharedLockKey, EqualWaitTypesOnTheNovalidateKeyAreANote) {
  model::Snapshot snapshot = healthy();
  add_map(snapshot, 0xffff888100e66298, "&b->write_lock", kNoValidate, 5, 3);
  const auto findings = check_shared_lock_key(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].severity, model::Severity::note);
}

TEST(SharedLockKey, NeverTakenIsInferred) {
  model::Snapshot snapshot = healthy();
  add_map(snapshot, 0xffff888100e66298, "&txq->_xmit_lock", kNoValidate, -1, 2);
  const auto findings = check_shared_lock_key(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].grade, model::Grade::inferred);
  EXPECT_THAT(all_text(findings[0]), HasSubstr("never taken"));
}

// All that names the class is its entry in lock_classes[], which may be damaged.
TEST(SharedLockKey, ANameThatOnlyTheClassHasIsInferred) {
  model::Snapshot snapshot = healthy();
  snapshot.lockdep.classes[0].raw_name = "lly while idle";
  const auto findings = check_shared_lock_key(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].grade, model::Grade::inferred);
}

TEST(SharedLockKey, ValidatedKeyIsAWarning) {
  model::Snapshot snapshot = lockdep_snapshot();
  add_class(snapshot, 1, "&a->lock", 0xffffffffc0002000).key_symbol = "my_key";
  add_map(snapshot, 0xffff888100000000, "&a->lock", 0xffffffffc0002000, 1);
  add_map(snapshot, 0xffff888100000100, "&b->lock", 0xffffffffc0002000, 1);
  const auto findings = check_shared_lock_key(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].severity, model::Severity::warning);
  EXPECT_THAT(findings[0].explanation, HasSubstr("deadlock that cannot happen"));
}

TEST(SharedLockKey, SubclassesShareANameAndAreNoFinding) {
  model::Snapshot snapshot = lockdep_snapshot();
  add_class(snapshot, 1, "&rq->__lock", 0xffffffff82000000).key_symbol = "rq_key";
  add_class(snapshot, 2, "&rq->__lock", 0xffffffff82000000, 2, 1).key_symbol = "rq_key";
  add_map(snapshot, 0xffff888100000000, "&rq->__lock", 0xffffffff82000000, 1);
  EXPECT_TRUE(check_shared_lock_key(snapshot).empty());
}

// A key on the heap whose memory was used again: the old map's class went to somebody else.
TEST(SharedLockKey, RecycledHeapKeyIsNoFinding) {
  model::Snapshot snapshot = lockdep_snapshot();
  add_class(snapshot, 1, "(wq_completion)new", 0xffff888100400000, 3);
  add_class(snapshot, 2, "&unrelated", 0xffffffff82000000);
  add_map(snapshot, 0xffff888100000000, "(wq_completion)new", 0xffff888100400000, 1, 3);
  add_map(snapshot, 0xffff888100009000, "(wq_completion)old", 0xffff888100400000, 2, 3);
  EXPECT_TRUE(check_shared_lock_key(snapshot).empty());
}

TEST(SharedLockKey, HeapKeyWithTwoLockedNamesIsOne) {
  model::Snapshot snapshot = lockdep_snapshot();
  add_class(snapshot, 1, "&a->lock", 0xffff888100400000);
  add_map(snapshot, 0xffff888100000000, "&a->lock", 0xffff888100400000, 1);
  add_map(snapshot, 0xffff888100009000, "&b->lock", 0xffff888100400000, 1);
  const auto findings = check_shared_lock_key(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].signature, "shared-lock-key:&a->lock:&b->lock");
}

TEST(SharedLockKey, NamelessMapsAndNullKeysCountForNothing) {
  model::Snapshot snapshot = healthy();
  add_map(snapshot, 0xffff888100e66298, "", kNoValidate, -1, 2);
  add_map(snapshot, 0xffff888100e67298, "a", 0, -1, 2);
  add_map(snapshot, 0xffff888100e68298, "b", 0, -1, 2);
  EXPECT_TRUE(check_shared_lock_key(snapshot).empty());
}

}  // namespace
}  // namespace kmortem::checks
