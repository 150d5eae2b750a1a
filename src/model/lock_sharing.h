// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/snapshot.h"

namespace kmortem::model {

/// The locks of one name among those that carry one key.
struct KeyUser {
  std::string name;
  uint64_t count = 0;  ///< lockdep_maps with this name; 0 when only a class tells of it
  bool used = false;   ///< one of them was locked: a map caches the key's class, or named the class
  unsigned subclasses = 0;       ///< bits: those that they were locked with
  unsigned wait_type_inner = 0;  ///< of most of them
  unsigned wait_type_outer = 0;
  std::vector<const LockMap*> examples;  ///< the first few, by address
  bool on_several_pages = false;         ///< see on_several_pages()
};

/// A lock_class_key that serves locks of more than one name.
struct SharedKey {
  uint64_t key = 0;
  std::string symbol;          ///< empty when no symbol covers it
  bool in_module = false;      ///< the symbol is a module's
  int class_index = -1;        ///< of the class registered for it (subclass 0 preferred); -1: none
  std::vector<KeyUser> users;  ///< by name; two or more
  bool validated = true;       ///< false for __lockdep_no_validate__ and __lockdep_no_track__
  bool wait_types_differ = false;  ///< two users have different wait types, both known
};

/// A lockdep_map whose class_cache names a class that was registered for the map's own key by a
/// lock of another name or wait type.
struct ClassAlias {
  const LockMap* map = nullptr;
  const LockClass* lock_class = nullptr;
  unsigned slot = 0;  ///< of class_cache
  bool name_differs = false;
  bool wait_type_differs = false;
};

/// The key of the lock that registered `lock_class`: its own key less the subclass.
uint64_t base_key(const LockClass& lock_class);

/// True for the keys that lockdep_set_novalidate_class() and lockdep_set_notrack_class() put locks
/// on: locks there are not checked for order, but are still entered under one class.
bool is_unvalidated_key(const std::string& symbol);

/// True when the maps lie on more than one page of memory: a page that decompressed wrongly can
/// hold several maps with the same wrong name, and says nothing about another page.
bool on_several_pages(const std::vector<const LockMap*>& maps);

/// Every key that serves locks of different names, by address. What lies in freed memory cannot be
/// told from the living, and memory is used again: a key on the heap or in a module counts only
/// when two of its names were locked under the class that is registered for it now. Names that were
/// locked with different subclasses alone share no class: until 5.18 lockdep_set_subclass() gave a
/// lock another name.
std::vector<SharedKey> shared_keys(const Snapshot& snapshot);

/// Every aliased lockdep_map, by address. A cached class of another key is not one: that is a
/// left-over in freed memory, whose class was given to another key since.
std::vector<ClassAlias> class_aliases(const Snapshot& snapshot);

}  // namespace kmortem::model
