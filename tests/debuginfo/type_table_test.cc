// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/type_table.h"

#include <gtest/gtest.h>

namespace kmortem::debuginfo {
namespace {

Type structure(std::string name, uint64_t size, std::vector<Member> members) {
  Type type;
  type.kind = TypeKind::structure;
  type.name = std::move(name);
  type.size = size;
  type.members = std::move(members);
  return type;
}

Type integer(uint64_t size) {
  Type type;
  type.kind = TypeKind::integer;
  type.size = size;
  return type;
}

Type typedef_of(TypeId target) {
  Type type;
  type.kind = TypeKind::typedef_name;
  type.target = target;
  return type;
}

TEST(TypeTable, LooksThroughAnonymousMembersAndTypedefs) {
  TypeTable table;
  const TypeId word = table.add(integer(8));
  const TypeId inner = table.add(structure("", 16, {{"x", word, 0, 0}, {"y", word, 64, 0}}));
  const TypeId alias = table.add(typedef_of(inner));
  const TypeId outer =
      table.add(structure("outer", 48, {{"", inner, 128, 0}, {"named", alias, 256, 0}}));
  table.name_type("outer", outer);
  EXPECT_EQ(table.field("outer.y")->offset, 24u);
  EXPECT_EQ(table.field("outer.named.y")->offset, 40u);
  EXPECT_EQ(table.field("outer.named.y")->size, 8u);
  EXPECT_FALSE(table.has("outer.z"));
  EXPECT_FALSE(table.has("outer"));
  EXPECT_FALSE(table.has("outer."));
}

TEST(TypeTable, BitFieldTakesTheSmallestBytes) {
  TypeTable table;
  const TypeId word = table.add(integer(4));
  table.name_type("s", table.add(structure("s", 8, {{"f", word, 45, 11}})));
  const auto field = table.field("s.f");
  ASSERT_TRUE(field);
  EXPECT_EQ(field->offset, 5u);
  EXPECT_EQ(field->bit_shift, 5u);
  EXPECT_EQ(field->size, 2u);
}

TEST(TypeTable, StructureWinsOverTypedefAndDefinitionOverDeclaration) {
  TypeTable table;
  Type declared = structure("s", 0, {});
  declared.is_declaration = true;
  const TypeId declaration = table.add(declared);
  const TypeId definition = table.add(structure("s", 8, {}));
  const TypeId alias = table.add(typedef_of(definition));
  table.name_type("s", alias);
  table.name_type("s", declaration);
  EXPECT_EQ(table.size_of("s"), std::nullopt);
  table.name_type("s", definition);
  EXPECT_EQ(table.find("s"), definition);
  table.name_type("s", declaration);
  EXPECT_EQ(table.find("s"), definition);
}

TEST(TypeTable, LoopsEnd) {
  TypeTable table;
  const TypeId loop = table.add(typedef_of(1));
  const TypeId holder = table.add(structure("holder", 8, {{"", 2, 0, 0}, {"t", loop, 0, 0}}));
  table.name_type("holder", holder);
  table.name_type("loop", loop);
  EXPECT_FALSE(table.has("holder.absent"));
  EXPECT_TRUE(table.has("holder.t"));
  EXPECT_EQ(table.size_of("loop"), std::nullopt);
  EXPECT_EQ(table.at(12345).kind, TypeKind::void_type);
}

}  // namespace
}  // namespace kmortem::debuginfo
