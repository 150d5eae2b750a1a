// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/held_claims.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kmortem::locks {
namespace {

using model::Grade;
using model::LockSource;
using model::LockState;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr uint64_t kSelf = 0xffff888002000000;
constexpr uint64_t kOther = 0xffff888002001000;

class HeldClaims : public ::testing::Test {
 protected:
  HeldClaims() {
    task_.address = kSelf;
    task_.pid = 7;
    task_.comm = "self";
    state_.type = model::LockType::mutex;
    word_.value = 1;
    word_.locked = true;
    word_.writing = true;
  }

  void hold(uint64_t map, unsigned read = 0, unsigned irq_context = 0) {
    model::HeldLock lock;
    lock.address = map;
    lock.read = read;
    lock.irq_context = irq_context;
    task_.held_locks.push_back(lock);
  }
  void owner(uint64_t task) {
    model::LockParty party;
    party.task = task;
    party.grade = Grade::proven;
    state_.owners.push_back(party);
  }
  void judge(size_t slot, bool live = true) {
    judge_claim(claims_of(task_, live)[slot], &word_, &state_);
  }

  model::Task task_;
  LockState state_;
  LockWord word_;
};

TEST_F(HeldClaims, TheLastLockIsAwaitedWhenAnotherTaskOwnsIt) {
  hold(0x100);
  owner(kOther);
  judge(0);
  ASSERT_THAT(state_.waiters, SizeIs(1));
  EXPECT_EQ(state_.waiters[0].task, kSelf);
  EXPECT_EQ(state_.waiters[0].grade, Grade::proven);
  EXPECT_THAT(state_.owners, SizeIs(1));
}

TEST_F(HeldClaims, TheOwnersOwnRecordConfirmsIt) {
  hold(0x100);
  owner(kSelf);
  judge(0);
  EXPECT_THAT(state_.owners, SizeIs(1));
  EXPECT_THAT(state_.waiters, IsEmpty());
}

TEST_F(HeldClaims, ALockTakenTwiceWaitsForItself) {
  hold(0x100);
  hold(0x200, 0, 2);
  hold(0x100, 0, 2);
  owner(kSelf);
  judge(0);
  word_.has_waiters = true;
  judge(2);
  EXPECT_THAT(state_.owners, SizeIs(1));
  ASSERT_THAT(state_.waiters, SizeIs(1));
  EXPECT_EQ(state_.waiters[0].task, kSelf);
}

TEST_F(HeldClaims, WhatIsFreeHasNoOwner) {
  hold(0x100);
  word_.locked = false;
  word_.writing = false;
  judge(0);
  EXPECT_THAT(state_.owners, IsEmpty());
  EXPECT_THAT(state_.undecided, SizeIs(1));
}

TEST_F(HeldClaims, AReaderThatWentOnIsSurelyInside) {
  state_.type = model::LockType::rw_semaphore;
  hold(0x100, 1);
  hold(0x200);
  word_.writing = false;
  word_.no_owner_kept = true;
  judge(0);
  ASSERT_THAT(state_.owners, SizeIs(1));
  EXPECT_TRUE(state_.owners[0].shared);
  EXPECT_EQ(state_.owners[0].grade, Grade::proven);
}

TEST_F(HeldClaims, ALockTakenInAnInterruptIsNoGoingOn) {
  hold(0x100, 1);
  hold(0x200, 0, 2);
  word_.writing = false;
  judge(0);
  ASSERT_THAT(state_.owners, SizeIs(1));
  EXPECT_EQ(state_.owners[0].grade, Grade::inferred);
}

TEST_F(HeldClaims, AWriterBehindReadersWaits) {
  state_.type = model::LockType::rw_semaphore;
  hold(0x100);
  word_.writing = false;
  word_.no_owner_kept = true;
  judge(0);
  EXPECT_THAT(state_.owners, IsEmpty());
  EXPECT_THAT(state_.waiters, SizeIs(1));
}

TEST_F(HeldClaims, AStaleRecordIsAHintThatTheWordMayConfirm) {
  hold(0x100);
  judge(0, /*live=*/false);
  ASSERT_THAT(state_.owners, SizeIs(1));
  EXPECT_EQ(state_.owners[0].grade, Grade::stale);
  EXPECT_TRUE(state_.owners[0].hint);

  state_.owners.clear();
  owner(kSelf);
  judge(0, /*live=*/false);
  ASSERT_THAT(state_.owners, SizeIs(1));
  EXPECT_EQ(state_.owners[0].grade, Grade::proven);
  EXPECT_FALSE(state_.owners[0].hint);
}

}  // namespace
}  // namespace kmortem::locks
