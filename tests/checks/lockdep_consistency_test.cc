// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checks/chain_keys.h"
#include "checks/lockdep_consistency.h"
#include "checks/rules.h"
#include "order_scenarios.h"

namespace kmortem::checks {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A kernel whose chains have the keys that `step` makes of them, from `initial` on.
template <typename Step>
model::Snapshot with_chains(uint64_t initial, Step step) {
  model::Snapshot snapshot = LockEvents().run("A B C -C -B -A  A B");
  snapshot.lockdep.features.class_bitmap = initial != 0;
  snapshot.lockdep.features.hlock_id_in_chains = true;
  for (unsigned i = 0; i < 40; ++i) {
    model::LockChain chain;
    chain.index = i;
    for (unsigned depth = 0; depth <= i % 4; ++depth) {
      chain.hlocks.push_back(static_cast<uint16_t>('A' + depth + i / 4));
    }
    chain.chain_key = initial;
    for (const uint16_t id : chain.hlocks) chain.chain_key = step(chain.chain_key, id);
    snapshot.lockdep.chains.push_back(chain);
  }
  uint64_t key = initial;
  for (model::HeldLock& held : snapshot.tasks[0].held_locks) {
    held.prev_chain_key = key;
    key = step(key, static_cast<uint16_t>(held.class_index));
  }
  snapshot.tasks[0].curr_chain_key = key;
  snapshot.tasks[0].one_past_top.reset();
  return snapshot;
}

// iterate_chain_key() of 3.10: shifts.
uint64_t shifted(uint64_t key, uint16_t id) {
  return key << 13 ^ key >> 51 ^ id;
}

// That of 4.8 and later, __jhash_mix() written out.
uint64_t mixed(uint64_t key, uint16_t id) {
  auto rol = [](uint32_t word, int by) { return word << by | word >> (32 - by); };
  uint32_t a = id;
  auto b = static_cast<uint32_t>(key);
  auto c = static_cast<uint32_t>(key >> 32);
  a -= c;
  a ^= rol(c, 4);
  c += b;
  b -= a;
  b ^= rol(a, 6);
  a += c;
  c -= b;
  c ^= rol(b, 8);
  b += a;
  a -= c;
  a ^= rol(c, 16);
  c += b;
  b -= a;
  b ^= rol(a, 19);
  a += c;
  c -= b;
  c ^= rol(b, 4);
  b += a;
  return b | uint64_t{c} << 32;
}

model::Snapshot healthy() {
  return with_chains(UINT64_MAX, mixed);
}

TEST(LockdepConsistency, HealthyTablesAddUpInBothWays) {
  EXPECT_THAT(lockdep_inconsistencies(healthy()), IsEmpty());
  EXPECT_THAT(lockdep_inconsistencies(with_chains(0, shifted)), IsEmpty());
  EXPECT_TRUE(check_corrupt_lock(healthy()).empty());
}

TEST(LockdepConsistency, AChainsKeyIsComputedAnew) {
  model::Snapshot snapshot = healthy();
  snapshot.lockdep.chains[17].hlocks[0] ^= 1;
  EXPECT_THAT(lockdep_inconsistencies(snapshot), ElementsAre(HasSubstr("lock_chains[17]")));
  const auto findings = check_corrupt_lock(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].grade, model::Grade::inferred);
}

TEST(LockdepConsistency, ATasksKeysAreComputedAnew) {
  model::Snapshot snapshot = healthy();
  snapshot.tasks[0].held_locks[1].prev_chain_key ^= 1;
  EXPECT_THAT(lockdep_inconsistencies(snapshot),
              ElementsAre(HasSubstr("held_locks[1].prev_chain_key of worker [48]")));
  snapshot = healthy();
  snapshot.tasks[0].curr_chain_key ^= 1;
  EXPECT_THAT(lockdep_inconsistencies(snapshot),
              ElementsAre(HasSubstr("curr_chain_key of worker")));
}

TEST(LockdepConsistency, TheKeyBeginsAnewInAnInterrupt) {
  model::Snapshot snapshot = healthy();
  model::Task& task = snapshot.tasks[0];
  task.held_locks[1].irq_context = 2;
  EXPECT_EQ(lockdep_inconsistencies(snapshot).size(), 1U);
  task.curr_chain_key = mixed(UINT64_MAX, 'B');
  EXPECT_THAT(lockdep_inconsistencies(snapshot), IsEmpty());
}

TEST(LockdepConsistency, BothListsMustHaveADependency) {
  model::Snapshot snapshot = healthy();
  snapshot.lockdep.classes[1].locks_before.clear();
  EXPECT_THAT(lockdep_inconsistencies(snapshot),
              ElementsAre("locks_after of A has B, but locks_before of that does not have it"));
  snapshot = healthy();
  snapshot.lockdep.dependencies[snapshot.lockdep.classes[1].locks_before[0]].dep = 4;
  EXPECT_THAT(lockdep_inconsistencies(snapshot), ElementsAre(HasSubstr("says otherwise")));
}

TEST(LockdepConsistency, WhileLockdepIsOnOneMayBeAnUpdate) {
  model::Snapshot snapshot = healthy();
  snapshot.lockdep.enabled = true;
  snapshot.lockdep.classes[1].locks_before.clear();
  EXPECT_THAT(lockdep_inconsistencies(snapshot), IsEmpty());
  snapshot.lockdep.classes[2].locks_before.clear();
  EXPECT_THAT(lockdep_inconsistencies(snapshot), ElementsAre(HasSubstr("(2 alike)")));
}

TEST(LockdepConsistency, AKernelThatHashesOtherwiseIsNotBlamed) {
  const auto other = [](uint64_t key, uint16_t id) { return key * 31 + id; };
  EXPECT_THAT(lockdep_inconsistencies(with_chains(UINT64_MAX, other)), IsEmpty());
}

TEST(LockdepConsistency, WhatCouldNotBeReadIsNotBlamed) {
  model::Snapshot snapshot = healthy();
  snapshot.lockdep.chains[17].hlocks[0] ^= 1;
  snapshot.lockdep.read_completely = false;
  EXPECT_THAT(lockdep_inconsistencies(snapshot), IsEmpty());
}

}  // namespace
}  // namespace kmortem::checks
