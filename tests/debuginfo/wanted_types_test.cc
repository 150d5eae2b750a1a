// SPDX-License-Identifier: GPL-3.0-or-later
// What an analysis gets without asking: the types and variables of wanted_files().
#include "debuginfo/wanted.h"

#include <set>

#include "images.h"

namespace kmortem::debuginfo {
namespace {

class WantedTypes : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(has_image(GetParam())) << "a tool that makes it is missing";
    debuginfo_ = open_image(GetParam());
    ASSERT_NE(debuginfo_, nullptr);
  }
  const TypeTable& types() const { return debuginfo_->types(); }

  std::unique_ptr<KernelDebuginfo> debuginfo_;
};

TEST_P(WantedTypes, Structures) {
  EXPECT_EQ(types().size_of("lock_class"), 136u);
  EXPECT_TRUE(types().has("lock_class.bits.class_idx"));
  EXPECT_EQ(types().field("task_struct.held_locks")->count, 48u);
}

// lockdep.c only declares held_lock, sched/core.c defines it.
TEST_P(WantedTypes, DeclaredInOneUnitDefinedInAnother) {
  EXPECT_EQ(types().size_of("held_lock"), 40u);
}

TEST_P(WantedTypes, PointeesAreNamed) {
  const auto field = types().field("task_struct.parent");
  ASSERT_TRUE(field);
  EXPECT_EQ(types().at(types().at(field->type).target).name, "task_struct");
}

TEST_P(WantedTypes, VariablesTellBounds) {
  EXPECT_EQ(types().variable_count("lock_classes"), 8192u);
  EXPECT_EQ(types().variable_count("chain_hlocks"), 320u);
  EXPECT_EQ(types().variable_count("lock_classes_in_use"), 128u);
  EXPECT_EQ(types().variable_count("runqueues"), std::nullopt);
  EXPECT_EQ(types().variable("stack_trace"), std::nullopt);
}

TEST_P(WantedTypes, Enumerators) {
  EXPECT_EQ(types().enumerator("LOCK_USED"), 8);
  // Clang leaves out what is never used as a type.
  if (std::string(GetParam()).find("clang") == std::string::npos) {
    EXPECT_EQ(types().enumerator("LOCKF_OTHER"), 1 << 30);
  }
}

TEST_P(WantedTypes, OtherTypesAreNotRead) {
  EXPECT_FALSE(types().has("kinds.flag"));
}

TEST_P(WantedTypes, VariableOnDemand) {
  EXPECT_EQ(types().variable("kinds_object"), std::nullopt);
  ASSERT_TRUE(debuginfo_->load_variable("kinds_object"));
  const auto id = types().variable("kinds_object");
  ASSERT_TRUE(id);
  EXPECT_EQ(types().at(types().resolve(*id)).name, "kinds");
  EXPECT_FALSE(debuginfo_->load_variable("no_such_object"));
}

INSTANTIATE_TEST_SUITE_P(Images, WantedTypes, testing::ValuesIn(complete_images()),
                         image_test_name);

TEST(Wanted, ListsAreSound) {
  EXPECT_LT(wanted_files(WantedScope::everything).size(), 64u);
  for (const WantedFile& file : wanted_files(WantedScope::everything)) {
    ASSERT_FALSE(file.paths.empty());
    EXPECT_FALSE(file.types.empty() && file.variables.empty()) << file.paths.front();
    for (const auto list : {file.types, file.variables, file.enumerators}) {
      const std::set<std::string_view> unique(list.begin(), list.end());
      EXPECT_EQ(unique.size(), list.size()) << file.paths.front() << " lists a name twice";
    }
  }
  EXPECT_EQ(wanted_fingerprint(), wanted_fingerprint());
}

}  // namespace
}  // namespace kmortem::debuginfo
