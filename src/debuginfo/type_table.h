// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kmortem::debuginfo {

/// Index of a type in its TypeTable. 0 is void.
using TypeId = uint32_t;
inline constexpr TypeId kVoid = 0;

enum class TypeKind : uint8_t {
  void_type,
  integer,
  boolean,
  character,
  floating,
  pointer,
  array,
  structure,
  union_type,
  enumeration,
  typedef_name,
  function,
};

struct Member {
  std::string name;  ///< empty for an anonymous structure or union
  TypeId type = kVoid;
  uint64_t bit_offset = 0;  ///< from the start of the enclosing structure
  uint32_t bit_size = 0;    ///< 0 unless a bit-field
};

struct Enumerator {
  std::string name;
  int64_t value = 0;
};

/// A C type as DWARF describes it; const and volatile are dropped.
struct Type {
  TypeKind kind = TypeKind::void_type;
  bool is_signed = false;
  bool is_declaration = false;  ///< a structure named but not defined where it was looked for
  std::string name;             ///< without "struct"; empty when anonymous
  uint64_t size = 0;            ///< bytes; 0 for void, functions and declarations
  TypeId target = kVoid;        ///< what a pointer, array, typedef or enumeration is of
  uint64_t count = 0;           ///< elements of an array; 0 for a flexible one
  std::vector<Member> members;
  std::vector<Enumerator> enumerators;
};

/// Where a (possibly nested) member lies inside the structure that the path began with.
struct Field {
  uint64_t offset = 0;     ///< bytes; for a bit-field, of the smallest byte range that holds it
  uint32_t size = 0;       ///< bytes to read there; of one element, if an array
  uint32_t bit_shift = 0;  ///< of a bit-field inside those bytes
  uint32_t bit_size = 0;   ///< 0 unless a bit-field
  uint64_t count = 1;      ///< elements, if an array; 0 for a flexible one
  bool is_array = false;
  bool is_signed = false;
  TypeId type = kVoid;  ///< with typedefs resolved; the element's, if an array
};

/// The types that an analysis asked for, from DWARF or from a profile. Plain data.
class TypeTable {
 public:
  TypeTable();

  /// Adds a type without naming it; returns its id.
  TypeId add(Type type);
  Type& edit(TypeId id) { return types_[id]; }
  /// An id out of range is void.
  const Type& at(TypeId id) const { return types_[id < types_.size() ? id : kVoid]; }
  size_t size() const { return types_.size(); }

  /// Makes `name` ("lock_class", "raw_spinlock_t", an enumeration's name) find `id`. A structure
  /// tag wins over a typedef of the same name; the first definition wins.
  void name_type(std::string_view name, TypeId id);
  void name_variable(std::string_view name, TypeId id);
  void name_enumerator(std::string_view name, int64_t value);

  std::optional<TypeId> find(std::string_view name) const;
  /// The type of a global variable: "lock_classes" is an array of lock_class.
  std::optional<TypeId> variable(std::string_view name) const;
  /// The value of an enumerator, wherever it was declared: "LOCK_USED".
  std::optional<int64_t> enumerator(std::string_view name) const;

  /// `id` with typedefs taken off.
  TypeId resolve(TypeId id) const;

  /// sizeof, or nothing when the type is unknown or only declared.
  std::optional<uint64_t> size_of(std::string_view name) const;
  /// The number of elements of an array variable: MAX_LOCKDEP_KEYS is that of lock_classes.
  std::optional<uint64_t> variable_count(std::string_view name) const;

  /// The member that a path names: "held_lock.class_idx", "task_struct.thread.sp". Looks through
  /// anonymous structures and unions and through typedefs. Nothing if any part does not exist:
  /// that is how kernel versions are told apart.
  std::optional<Field> field(std::string_view path) const;
  std::optional<Field> field(TypeId structure, std::string_view path) const;
  /// The first of these members that there is: one that moved or got another name.
  std::optional<Field> first_field(std::initializer_list<std::string_view> paths) const;
  bool has(std::string_view path) const { return field(path).has_value(); }

  const std::map<std::string, TypeId, std::less<>>& names() const { return names_; }
  const std::map<std::string, TypeId, std::less<>>& variables() const { return variables_; }
  const std::map<std::string, int64_t, std::less<>>& enumerators() const { return enumerators_; }

 private:
  const Member* find_member(TypeId structure, std::string_view name, uint64_t* bit_base,
                            int depth) const;

  std::vector<Type> types_;
  std::map<std::string, TypeId, std::less<>> names_;
  std::map<std::string, TypeId, std::less<>> variables_;
  std::map<std::string, int64_t, std::less<>> enumerators_;
};

}  // namespace kmortem::debuginfo
