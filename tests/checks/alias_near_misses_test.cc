// SPDX-License-Identifier: GPL-3.0-or-later
// shared-lock-key and class-cache-alias: each of their conditions denied once, in what is else a
// finding; and states of healthy machines that look like one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checks/rules.h"
#include "snapshots.h"

namespace kmortem::checks {
namespace {

using namespace testing;
using model::Grade;
using model::Severity;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr uint64_t kKey = 0xffffffff82c00000;
constexpr uint64_t kPage = 0x1000;
constexpr uint64_t kMaps = 0xffff888100000000;

/// A key of the kernel with the class "a", which a lock of that name took.
struct Shared {
  model::Snapshot snapshot = lockdep_snapshot();

  Shared() {
    add_class(snapshot, 7, "a", kKey, 3).key_symbol = "the_key";
    add_map(snapshot, kMaps, "a", kKey, 7, 3);
    add_map(snapshot, kMaps + kPage, "a", kKey, 7, 3);
  }
  model::LockClass& the_class() { return snapshot.lockdep.classes[0]; }
  model::LockMap& map(size_t place) { return snapshot.scan.maps[place]; }
  model::LockMap& add(const std::string& name, int cached = 7, unsigned wait_type = 3) {
    const uint64_t address = kMaps + (0x100 + snapshot.scan.maps.size()) * kPage;
    return add_map(snapshot, address, name, kKey, cached, wait_type);
  }
  std::vector<model::Finding> keys() const { return check_shared_lock_key(snapshot); }
  std::vector<model::Finding> aliases() const { return check_class_cache_alias(snapshot); }
};

TEST(SharedLockKeyNot, AClassOfAnotherNameAndWaitTypeThanAnyLockProvesNothing) {
  Shared shared;
  shared.the_class().raw_name = "garbage";
  shared.the_class().wait_type_inner = 2;
  EXPECT_EQ(shared.keys().at(0).severity, Severity::error);
  EXPECT_EQ(shared.keys().at(0).grade, Grade::inferred);
  shared.add("garbage", 7, 2);
  EXPECT_EQ(shared.keys().at(0).grade, Grade::proven);
}

TEST(SharedLockKeyNot, ANameOfOnePageAloneProvesNothing) {
  Shared shared;
  shared.add("b");
  EXPECT_EQ(shared.keys().at(0).grade, Grade::inferred);
  shared.add("b");
  EXPECT_EQ(shared.keys().at(0).grade, Grade::proven);
  Shared other_type;  // no one damaged word makes that
  other_type.add("b", 7, 2);
  EXPECT_EQ(other_type.keys().at(0).grade, Grade::proven);
}

TEST(SharedLockKeyNot, OneLockOfAnotherWaitTypeThanTheRestOfItsName) {
  Shared shared;
  shared.add("b");
  shared.add("b");
  EXPECT_EQ(shared.keys().at(0).severity, Severity::warning);
  shared.map(0).wait_type_inner = 2;  // the first that is met
  shared.add("a");
  EXPECT_EQ(shared.keys().at(0).severity, Severity::warning);
  shared.map(1).wait_type_inner = shared.map(4).wait_type_inner = 2;
  EXPECT_EQ(shared.keys().at(0).severity, Severity::error);
}

// lockdep_set_subclass() of 5.18 and before: the lock's expression becomes its name.
TEST(SharedLockKeyNot, ANameOfAnotherSubclass) {
  Shared shared;
  add_class(shared.snapshot, 8, "&EXT4_I(inode)->i_data_sem", kKey, 3, 2).key_symbol = "the_key";
  model::LockMap& quota = shared.add("&EXT4_I(inode)->i_data_sem", 8);
  EXPECT_THAT(shared.keys(), IsEmpty());
  EXPECT_THAT(shared.aliases(), IsEmpty());
  quota.class_cache[1] = 7;  // subclass 0 as well
  EXPECT_THAT(shared.keys(), SizeIs(1));
  quota.class_cache = {-1, -1};
  EXPECT_THAT(shared.keys(), IsEmpty());  // the class tells of the name's subclass
}

TEST(SharedLockKeyNot, ASubclassThatCannotBe) {
  Shared shared;
  add_class(shared.snapshot, 8, "c", kKey, 3, 40).key_symbol = "the_key";
  EXPECT_THAT(shared.keys(), IsEmpty());
}

TEST(SharedLockKeyNot, ANameOfAnotherSubclassIsLeftOutOfTheOthers) {
  Shared shared;
  add_class(shared.snapshot, 8, "c", kKey, 3, 2).key_symbol = "the_key";
  shared.add("c", 8);
  shared.add("b");
  EXPECT_THAT(shared.keys().at(0).title, HasSubstr("2 kinds of lock: a and b."));
}

// A module was replaced by another build of itself: what its locks left behind in freed memory
// names keys that are others now.
TEST(SharedLockKeyNot, ALeftOverOfAModuleThatWasUnloaded) {
  Shared shared;
  shared.add("old", -1);
  EXPECT_THAT(shared.keys(), SizeIs(1));
  shared.the_class().key_in_module = true;
  EXPECT_THAT(shared.keys(), IsEmpty());
  shared.add("old", 7);
  EXPECT_THAT(shared.keys(), SizeIs(1));
}

TEST(ClassCacheAliasNot, LocksOfOneKindAreOneFindingAndOnlyThey) {
  Shared shared;
  shared.add("b");
  shared.add("b");
  EXPECT_THAT(shared.aliases(), SizeIs(1));
  EXPECT_THAT(shared.aliases()[0].locks, SizeIs(2));
  Shared name = shared;
  name.map(3).name = "c";
  EXPECT_THAT(name.aliases(), SizeIs(2));
  Shared inner = shared;
  inner.map(3).wait_type_inner = 2;
  EXPECT_THAT(inner.aliases(), SizeIs(2));
  Shared outer = shared;
  outer.map(3).wait_type_outer = 1;
  EXPECT_THAT(outer.aliases(), SizeIs(2));
  Shared subclass = shared;
  add_class(subclass.snapshot, 8, "a", kKey, 3, 1);
  subclass.map(3).class_cache = {8, -1};
  EXPECT_THAT(subclass.aliases(), SizeIs(2));
}

TEST(ClassCacheAliasNot, CorruptMemoryMakesNoMoreThanSoManyFindings) {
  Shared shared;
  for (int i = 0; i < 70; ++i) shared.add("b" + std::to_string(i));
  shared.add("b0");
  const auto findings = shared.aliases();
  EXPECT_THAT(findings, SizeIs(64));
  EXPECT_THAT(findings.at(0).locks, SizeIs(2));
}

void report(model::Snapshot& snapshot, const std::string& title, const std::string& lock) {
  log_line(snapshot, 9, title);
  log_line(snapshot, 9, "task/1 is trying to lock:");
  log_line(snapshot, 9, lock);
}

TEST(ClassCacheAliasNot, OnlyAWaitContextReportIsFalse) {
  Shared shared;
  shared.add("b", 7, 2).address = 0xffff888100777000;
  Shared order = shared;
  report(order.snapshot, "WARNING: possible circular locking dependency detected",
         "ffff888100777000 (a){....}-{3:3}, at: f+0x1/0x2");
  EXPECT_THAT(order.aliases().at(0).explanation, Not(HasSubstr("false report:")));
  report(shared.snapshot, "[ BUG: Invalid wait context ]",
         "ffff888100777000 (a){....}-{3:3}, at: f+0x1/0x2");
  EXPECT_THAT(shared.aliases().at(0).explanation, HasSubstr("false report:"));
}

/// One lock "b" under the class "a", which nothing else is called.
struct Unwitnessed : Shared {
  Unwitnessed() {
    snapshot.scan.maps.clear();
    add("b", 7, 2).address = 0xffff888100777000;
  }
};

TEST(ClassCacheAliasNot, TheClassIsWitnessedByALockOfItsKeyNameAndWaitType) {
  EXPECT_EQ(Unwitnessed().aliases().at(0).grade, Grade::inferred);
  Unwitnessed witness;
  witness.add("a", -1);
  EXPECT_EQ(witness.aliases().at(0).grade, Grade::proven);
  Unwitnessed key = witness;
  key.map(1).key += 16;
  EXPECT_EQ(key.aliases().at(0).grade, Grade::inferred);
  Unwitnessed name = witness;
  name.map(1).name = "c";
  EXPECT_EQ(name.aliases().at(0).grade, Grade::inferred);
  Unwitnessed type = witness;
  type.map(1).wait_type_inner = 2;
  EXPECT_EQ(type.aliases().at(0).grade, Grade::inferred);
}

TEST(ClassCacheAliasNot, OrByTheLogIfThatNamesTheClass) {
  Unwitnessed named;
  report(named.snapshot, "[ BUG: Invalid wait context ]",
         "ffff888100777000 (a){....}-{3:3}, at: f+0x1/0x2");
  EXPECT_EQ(named.aliases().at(0).grade, Grade::proven);
  Unwitnessed other;
  report(other.snapshot, "[ BUG: Invalid wait context ]",
         "ffff888100777000 (x){....}-{3:3}, at: f+0x1/0x2");
  EXPECT_EQ(other.aliases().at(0).grade, Grade::inferred);
}

TEST(ClassCacheAliasNot, OneWordOfOnePageMayBeDamage) {
  Shared name;
  name.add("b");
  EXPECT_EQ(name.aliases().at(0).grade, Grade::inferred);
  Shared pages = name;
  pages.add("b");
  EXPECT_EQ(pages.aliases().at(0).grade, Grade::proven);
  Shared type;
  type.add("a", 7, 2);
  EXPECT_EQ(type.aliases().at(0).grade, Grade::inferred);
  Shared both;
  both.add("b", 7, 2);
  EXPECT_EQ(both.aliases().at(0).grade, Grade::proven);
  Shared logged = name;
  logged.map(2).address = 0xffff888100777000;
  report(logged.snapshot, "[ BUG: Invalid wait context ]",
         "ffff888100777000 (a){....}-{3:3}, at: f+0x1/0x2");
  EXPECT_EQ(logged.aliases().at(0).grade, Grade::proven);
}

}  // namespace
}  // namespace kmortem::checks
