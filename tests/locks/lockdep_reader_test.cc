// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lockdep_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "locks/lockdep_kernel.h"

namespace kmortem::locks {
namespace {

using test::Era;
using test::LockdepKernel;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

model::Lockdep read(LockdepKernel& kernel) {
  return read_lockdep(kernel.target(), [&](uint64_t address) {
    auto symbol = kernel.symbols.containing(address);
    return symbol ? std::string(symbol->name) : std::string();
  });
}

std::vector<std::string> names(const model::Lockdep& lockdep) {
  std::vector<std::string> all;
  for (const auto& cls : lockdep.classes) all.push_back(cls.name);
  return all;
}

TEST(LockdepReader, SaysThatTheKernelHasNone) {
  test::FakeKernel kernel;
  const auto lockdep = read_lockdep(kernel.target(), {});
  EXPECT_FALSE(lockdep.present);
  EXPECT_TRUE(lockdep.read_completely);
  EXPECT_THAT(kernel.problems.all(), IsEmpty());
}

TEST(LockdepReader, SaysThatTypesAreMissing) {
  test::FakeKernel kernel;
  kernel.symbols.add("lock_classes", LockdepKernel::kClasses, 100);
  const auto lockdep = read_lockdep(kernel.target(), {});
  EXPECT_TRUE(lockdep.present);
  EXPECT_FALSE(lockdep.read_completely);
  ASSERT_EQ(kernel.problems.all().size(), 1U);
}

class EachEra : public ::testing::TestWithParam<Era> {};
INSTANTIATE_TEST_SUITE_P(Eras, EachEra,
                         ::testing::Values(Era::linux_4_4, Era::linux_5_4, Era::linux_6_1));

TEST_P(EachEra, ReadsClassesAsTheKernelNamesThem) {
  LockdepKernel kernel(GetParam());
  kernel.symbols.add("named_key", kernel.key_of(3), 8);
  kernel.add_class(0, "&rq->__lock", kernel.key_of(0));
  kernel.add_class(1, "&x->wait", kernel.key_of(1));
  kernel.set(kernel.class_at(1), "lock_class.name_version", 3);
  kernel.add_class(2, "&x->wait", kernel.key_of(1), 1);
  kernel.set(kernel.class_at(2), "lock_class.name_version", 3);
  kernel.add_class(3, "", kernel.key_of(3));

  const auto lockdep = read(kernel);
  EXPECT_TRUE(lockdep.enabled);
  EXPECT_THAT(names(lockdep),
              ElementsAre("&rq->__lock", "&x->wait#3", "&x->wait#3/1", "named_key"));
  EXPECT_EQ(lockdep.classes[2].key, kernel.key_of(1) + 1);
  EXPECT_EQ(lockdep.classes[3].key_symbol, "named_key");
  EXPECT_THAT(lockdep.inconsistencies, IsEmpty());
  EXPECT_THAT(kernel.problems.all(), IsEmpty());
  ASSERT_NE(lockdep.find(2), nullptr);
  EXPECT_EQ(lockdep.find(2)->address, kernel.class_at(2));
  EXPECT_EQ(lockdep.find(4), nullptr);
}

TEST_P(EachEra, OrderIsThatOfProc) {
  LockdepKernel kernel(GetParam());
  const bool recycled = kernel.bitmaps();
  // Slot 0 was freed and given to a class that was registered last.
  kernel.add_class(1, "first", kernel.key_of(1));
  if (recycled) kernel.add_class(0, "last", kernel.key_of(0));
  if (!recycled) kernel.variable("nr_lock_classes", 2, 8);  // slot 0 zapped, still counted
  const auto lockdep = read(kernel);
  switch (GetParam()) {
    case Era::linux_4_4:
      EXPECT_THAT(names(lockdep), ElementsAre("first"));
      break;
    case Era::linux_5_4:
      EXPECT_THAT(names(lockdep), ElementsAre("first", "last"));
      break;
    case Era::linux_6_1:
      EXPECT_THAT(names(lockdep), ElementsAre("last", "first"));
      break;
  }
  EXPECT_THAT(lockdep.inconsistencies, IsEmpty());
}

TEST_P(EachEra, UsageIsOnePairOfCharactersAState) {
  LockdepKernel kernel(GetParam());
  kernel.add_class(0, "a", kernel.key_of(0));
  // Used in hardirq, enabled hardirq; used in softirq as a reader; enabled softirq.
  kernel.set(kernel.class_at(0), "lock_class.usage_mask", 0b0110'0101);
  const auto lockdep = read(kernel);
  EXPECT_EQ(lockdep.classes.at(0).usage, GetParam() == Era::linux_4_4 ? "?.+-.." : "?.+-");
}

TEST_P(EachEra, FollowsDependenciesInListOrder) {
  LockdepKernel kernel(GetParam());
  for (unsigned i = 0; i < 3; ++i) kernel.add_class(i, "c" + std::to_string(i), kernel.key_of(i));
  kernel.add_dependency(5, 0, 2, true);
  kernel.add_dependency(1, 0, 1, true, 2);
  kernel.add_dependency(2, 1, 0, false, 2);
  kernel.add_dependency(0, 2, 0, false);
  if (!kernel.bitmaps()) kernel.variable("nr_list_entries", 6, 8);  // high-water mark
  const auto lockdep = read(kernel);
  const auto& first = lockdep.classes.at(0);
  ASSERT_EQ(first.locks_after.size(), 2U);
  EXPECT_EQ(lockdep.dependencies[first.locks_after[0]].to, 2);
  EXPECT_EQ(lockdep.dependencies[first.locks_after[1]].to, 1);
  EXPECT_EQ(lockdep.dependencies[first.locks_after[1]].distance, 2U);
  EXPECT_EQ(lockdep.dependencies[first.locks_after[0]].dep, GetParam() == Era::linux_6_1 ? 8U : 0U);
  ASSERT_EQ(lockdep.classes[2].locks_before.size(), 1U);
  EXPECT_EQ(lockdep.dependencies[lockdep.classes[2].locks_before[0]].to, 0);
  EXPECT_THAT(lockdep.inconsistencies, IsEmpty());
}

TEST_P(EachEra, TracesAreSharedAndOnlyOfWhatIsReferredTo) {
  LockdepKernel kernel(GetParam());
  kernel.add_class(0, "a", kernel.key_of(0));
  kernel.add_class(1, "b", kernel.key_of(1));
  kernel.add_dependency(0, 0, 1, true);
  kernel.add_trace(0, {0x111});  // nothing refers to it
  const uint64_t trace = kernel.add_trace(10, {0xffffffff81000010, 0xffffffff81000020});
  kernel.set(kernel.class_at(0), "lock_class.usage_mask", 1);
  if (GetParam() == Era::linux_4_4) {
    kernel.set(kernel.class_at(0) + 56, "stack_trace.nr_entries", 2);
    kernel.set(kernel.class_at(0) + 56, "stack_trace.entries", trace);
    kernel.set(kernel.entry_at(0) + 24, "stack_trace.nr_entries", 2);
    kernel.set(kernel.entry_at(0) + 24, "stack_trace.entries", trace);
  } else {
    kernel.set(kernel.class_at(0), "lock_class.usage_traces", trace, 0);
    kernel.set(kernel.class_at(0), "lock_class.usage_traces", trace, 1);  // bit not set: stale
    kernel.set(kernel.entry_at(0), "lock_list.trace", trace);
  }
  const auto lockdep = read(kernel);
  ASSERT_EQ(lockdep.traces.size(), 1U);
  EXPECT_THAT(lockdep.traces[0], ElementsAre(0xffffffff81000010, 0xffffffff81000020));
  EXPECT_EQ(lockdep.classes[0].usage_traces.at(0), 0);
  EXPECT_EQ(lockdep.classes[0].usage_traces.at(1), -1);
  EXPECT_EQ(lockdep.dependencies.at(0).trace, 0);
  EXPECT_THAT(code_addresses(lockdep, {}), ElementsAre(0xffffffff81000010, 0xffffffff81000020));
}

TEST_P(EachEra, ARingOfDependenciesEnds) {
  LockdepKernel kernel(GetParam());
  kernel.add_class(0, "a", kernel.key_of(0));
  kernel.add_class(1, "b", kernel.key_of(1));
  kernel.add_dependency(0, 0, 1, true);
  kernel.add_dependency(1, 0, 1, true);
  kernel.memory.put_u64(kernel.entry_at(1), kernel.entry_at(0));
  const auto lockdep = read(kernel);
  EXPECT_EQ(lockdep.classes[0].locks_after.size(), 2U);
  EXPECT_THAT(lockdep.inconsistencies, Contains(HasSubstr("locks_after of class 0 (a)")));
}

TEST_P(EachEra, ARingOfClassesEndsAndAllAreRead) {
  LockdepKernel kernel(GetParam());
  for (unsigned i = 0; i < 3; ++i) kernel.add_class(i, "c" + std::to_string(i), kernel.key_of(i));
  const uint64_t entry = kernel.address_of(kernel.class_at(1), "lock_class.lock_entry");
  kernel.memory.put_u64(entry, kernel.address_of(kernel.class_at(0), "lock_class.lock_entry"));
  const auto lockdep = read(kernel);
  EXPECT_THAT(names(lockdep), ElementsAre("c0", "c1", "c2"));
  EXPECT_THAT(lockdep.inconsistencies, Contains(HasSubstr("comes back to class 0")));
}

TEST_P(EachEra, AClassOutsideItsHashTableIsNoted) {
  LockdepKernel kernel(GetParam());
  kernel.add_class(0, "a", kernel.key_of(0));
  const uint64_t empty = kernel.bitmaps() ? 0 : LockdepKernel::kClassHash;
  kernel.memory.put_u64(LockdepKernel::kClassHash, empty);
  EXPECT_THAT(read(kernel).inconsistencies,
              ElementsAre("class 0 (a) is in use but not in classhash_table"));
}

TEST_P(EachEra, AMissingPageOfNamesCostsOnlyThoseNames) {
  LockdepKernel kernel(GetParam());
  kernel.add_class(0, "a", kernel.key_of(0));
  kernel.memory.exclude(LockdepKernel::kNames);
  const auto lockdep = read(kernel);
  EXPECT_THAT(names(lockdep), ElementsAre("<0xffffffff82070000>"));
  EXPECT_FALSE(lockdep.read_completely);
  ASSERT_EQ(kernel.problems.all().size(), 1U);
  EXPECT_EQ(kernel.problems.all()[0].structure, "lock_class.name");
}

TEST_P(EachEra, MissingTablesAreProblemsNotEnds) {
  LockdepKernel kernel(GetParam());
  kernel.add_class(0, "a", kernel.key_of(0));
  kernel.add_class(1, "b", kernel.key_of(1));
  kernel.add_dependency(0, 0, 1, true);
  kernel.add_chain(0, 0, 0, {0, 1}, 0);
  kernel.memory.exclude(LockdepKernel::kEntries);
  kernel.memory.exclude(LockdepKernel::kHlocks);
  const auto lockdep = read(kernel);
  EXPECT_EQ(lockdep.classes.size(), 2U);
  EXPECT_FALSE(lockdep.read_completely);
  EXPECT_EQ(kernel.problems.all().size(), 2U);
}

TEST_P(EachEra, TablesSayHowFullTheyAre) {
  LockdepKernel kernel(GetParam());
  kernel.add_class(0, "a", kernel.key_of(0));
  kernel.variable("nr_free_chain_hlocks", 30, 4);
  kernel.variable("nr_lost_chain_hlocks", 1, 4);
  kernel.variable("nr_chain_hlocks", 7, 4);
  const auto lockdep = read(kernel);
  ASSERT_EQ(lockdep.tables.size(), 5U);
  EXPECT_EQ(lockdep.tables[0].name, "lock_classes");
  EXPECT_EQ(lockdep.tables[0].used, 1U);
  EXPECT_EQ(lockdep.tables[0].capacity, LockdepKernel::kClassCount);
  EXPECT_EQ(lockdep.tables[3].name, "chain_hlocks");
  EXPECT_EQ(lockdep.tables[3].used, GetParam() == Era::linux_6_1 ? 9U : 7U);
}

TEST(LockdepReader, TablesAreReadInBulk) {
  LockdepKernel kernel(Era::linux_6_1);
  for (unsigned i = 0; i < 16; ++i) kernel.add_class(i, "c" + std::to_string(i), kernel.key_of(i));
  for (unsigned i = 0; i + 1 < 16; ++i) kernel.add_dependency(i, i, i + 1, true);
  kernel.memory.reset_counts();
  read(kernel);
  // A few for each table and one for each counter; none for each class, name or dependency.
  EXPECT_LT(kernel.memory.reads(), 32U);
}

TEST(LockChains, LocksComeWithTheirReadBits) {
  LockdepKernel kernel(Era::linux_6_1);
  kernel.add_class(0, "a", kernel.key_of(0));
  kernel.add_chain(0, 1, 0, {0, 1 | 2 << 13}, 0);
  kernel.add_chain(3, 3, 10, {1, 0}, 10);
  const auto lockdep = read(kernel);
  ASSERT_EQ(lockdep.chains.size(), 2U);
  EXPECT_EQ(lockdep.chains[0].irq_context, 1U);
  EXPECT_THAT(lockdep.chains[0].hlocks, ElementsAre(0, 0x4001));
  EXPECT_EQ(lockdep.chains[1].index, 3U);
  EXPECT_EQ(lockdep.chains[1].irq_context, 3U);
  EXPECT_EQ(lockdep.chains[1].chain_key, 0x1003U);
  EXPECT_THAT(lockdep.chains[1].hlocks, ElementsAre(1, 0));
}

TEST(LockChains, BaseOfSixteenBitsIsNotTrusted) {
  LockdepKernel kernel(Era::linux_4_4);
  kernel.add_class(0, "a", kernel.key_of(0));
  kernel.add_chain(0, 0, 0, {0, 0, 0}, 0);
  kernel.add_chain(1, 0, 3, {1, 2}, 0);  // as if it had wrapped
  const auto lockdep = read(kernel);
  ASSERT_EQ(lockdep.chains.size(), 2U);
  EXPECT_THAT(lockdep.chains[1].hlocks, ElementsAre(1, 2));
}

TEST(LockChains, FreeAndOutlyingBlocksAreNoChains) {
  LockdepKernel kernel(Era::linux_6_1);
  kernel.add_class(0, "a", kernel.key_of(0));
  kernel.add_chain(0, 0, 0, {0xffff, 1}, 0);
  kernel.add_chain(1, 0, 4, {0}, 1000);
  const auto lockdep = read(kernel);
  ASSERT_EQ(lockdep.chains.size(), 2U);
  EXPECT_THAT(lockdep.chains[0].hlocks, IsEmpty());
  EXPECT_THAT(lockdep.chains[1].hlocks, IsEmpty());
  EXPECT_THAT(lockdep.inconsistencies,
              ElementsAre(HasSubstr("chain 0 lies in free"), HasSubstr("chain 1 lies outside")));
}

TEST(PointerHash, FollowsWhatTheKernelHas) {
  LockdepKernel kernel(Era::linux_6_1);
  EXPECT_TRUE(read(kernel).pointers_raw);  // no ptr_key: before 4.15
  kernel.symbols.add("ptr_key", 0xffffffff820a0000, 16);
  kernel.memory.put_u64(0xffffffff820a0000, 7);
  kernel.memory.put_u64(0xffffffff820a0008, 9);
  kernel.variable("filled_random_ptr_key", 0, 1);
  EXPECT_FALSE(read(kernel).pointer_key_ready);
  kernel.variable("filled_random_ptr_key", 1, 1);
  const auto hashed = read(kernel);
  EXPECT_FALSE(hashed.pointers_raw);
  EXPECT_TRUE(hashed.pointer_key_ready);
  EXPECT_THAT(hashed.pointer_key, ElementsAre(7, 9));
  kernel.variable("no_hash_pointers", 1, 1);
  EXPECT_TRUE(read(kernel).pointers_raw);
}

}  // namespace
}  // namespace kmortem::locks
