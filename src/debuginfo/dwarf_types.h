// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "debuginfo/type_table.h"

namespace kmortem::debuginfo {

/// Turns type DIEs into entries of a TypeTable. A structure that was read is complete with all
/// that it contains by value; what it only points to is a declaration of that name, which is
/// completed in place when its definition is read later, from whatever unit. Types of one name
/// and size from several units are one type.
class DwarfTypeReader {
 public:
  /// Continues a table that may already hold types (from a profile).
  explicit DwarfTypeReader(TypeTable& table);

  /// The type of `die`, complete. kVoid where the DWARF makes no sense.
  TypeId read(Dwarf_Die die) { return read(die, Extent::complete, 0); }

 private:
  enum class Extent { complete, declared };

  TypeId read(Dwarf_Die die, Extent extent, int depth);
  TypeId read_target(Dwarf_Die* die, Extent extent, int depth);
  TypeId read_base(Dwarf_Die* die);
  TypeId read_pointer(Dwarf_Die* die, int depth);
  TypeId read_array(Dwarf_Die* die, Extent extent, int depth);
  TypeId read_typedef(Dwarf_Die* die, Extent extent, int depth);
  TypeId read_enumeration(Dwarf_Die* die, int depth);
  TypeId read_aggregate(Dwarf_Die* die, TypeKind kind, Extent extent, int depth);
  TypeId aggregate_slot(Dwarf_Die* die, TypeKind kind, uint64_t size, Extent extent);
  void fill_aggregate(TypeId id, Dwarf_Die* die, TypeKind kind, uint64_t size, int depth);
  Member read_member(Dwarf_Die* die, int depth);

  TypeId add(Type type);
  TypeId function_type();
  void note_known(TypeId id);
  void set_complete(TypeId id);
  bool is_complete(TypeId id) const { return id < complete_.size() && complete_[id]; }

  TypeTable& table_;
  std::unordered_map<const void*, TypeId> by_die_;
  std::unordered_map<std::string, TypeId> defined_;   ///< by kind, name and size
  std::unordered_map<std::string, TypeId> declared_;  ///< by kind and name: any of that name
  std::unordered_map<TypeId, TypeId> pointers_;       ///< by target
  std::vector<bool> complete_;
  TypeId function_ = kVoid;
};

}  // namespace kmortem::debuginfo
