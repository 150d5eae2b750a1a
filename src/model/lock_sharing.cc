// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/lock_sharing.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace kmortem::model {

namespace {

constexpr size_t kExamples = 4;
constexpr unsigned kSubclasses = 8;  // MAX_LOCKDEP_SUBCLASSES

/// The locks of one name, as they are counted.
struct Gathered {
  KeyUser user;
  std::map<std::pair<unsigned, unsigned>, uint64_t> wait_types;  ///< inner and outer: how many
};

using UsersByName = std::map<std::string, Gathered>;

// Classes by index in lock_classes[]: there may be a hundred thousand maps to look up.
class ClassTable {
 public:
  explicit ClassTable(const Lockdep& lockdep) {
    for (const LockClass& lock_class : lockdep.classes) {
      if (lock_class.index >= kLimit) continue;
      if (lock_class.index >= by_index_.size()) by_index_.resize(lock_class.index + 1);
      by_index_[lock_class.index] = &lock_class;
    }
  }

  /// The class that the map's cache names, when it was registered for the map's own key.
  const LockClass* own_class(const LockMap& map, unsigned slot) const {
    const int index = map.class_cache[slot];
    if (map.key == 0 || index < 0 || static_cast<size_t>(index) >= by_index_.size()) return nullptr;
    const LockClass* cached = by_index_[static_cast<size_t>(index)];
    return cached != nullptr && base_key(*cached) == map.key ? cached : nullptr;
  }

 private:
  static constexpr unsigned kLimit = 1U << 20;
  std::vector<const LockClass*> by_index_;
};

// Keys whose maps and classes are not all of one name. Most keys have one: only the others get
// the expensive table.
std::vector<uint64_t> keys_of_several_names(const Snapshot& snapshot) {
  std::unordered_map<uint64_t, const std::string*> first_name;
  std::vector<uint64_t> keys;
  auto add = [&](uint64_t key, const std::string& name) {
    if (key == 0 || name.empty()) return;
    const auto [it, inserted] = first_name.emplace(key, &name);
    if (!inserted && *it->second != name) keys.push_back(key);
  };
  for (const LockClass& lock_class : snapshot.lockdep.classes) {
    add(base_key(lock_class), lock_class.raw_name);
  }
  for (const LockMap& map : snapshot.scan.maps) add(map.key, map.name);
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

void mark_used(const LockClass& lock_class, KeyUser& user) {
  user.used = true;
  if (lock_class.subclass < kSubclasses) user.subclasses |= 1U << lock_class.subclass;
}

void add_map(const ClassTable& classes, const LockMap& map, UsersByName& users) {
  Gathered& gathered = users[map.name];
  KeyUser& user = gathered.user;
  user.name = map.name;
  ++user.count;
  ++gathered.wait_types[{map.wait_type_inner, map.wait_type_outer}];
  for (unsigned slot = 0; slot < map.class_cache.size(); ++slot) {
    const LockClass* own = classes.own_class(map, slot);
    if (own != nullptr) mark_used(*own, user);
  }
  if (user.examples.size() < kExamples) user.examples.push_back(&map);
  user.on_several_pages |= on_several_pages({user.examples.front(), &map});
}

void add_class(const LockClass& lock_class, SharedKey& shared, UsersByName& users) {
  if (shared.class_index < 0 || lock_class.subclass == 0) {
    shared.class_index = static_cast<int>(lock_class.index);
    shared.symbol = lock_class.key_symbol;
    shared.in_module = lock_class.key_in_module;
  }
  Gathered& gathered = users[lock_class.raw_name];
  gathered.user.name = lock_class.raw_name;
  mark_used(lock_class, gathered.user);
  if (gathered.user.count == 0) {
    gathered.wait_types = {{{lock_class.wait_type_inner, lock_class.wait_type_outer}, 1}};
  }
}

// A lock whose memory was used again in part may have any wait type: the others of its name tell.
KeyUser user_of(Gathered gathered) {
  const auto most = std::ranges::max_element(gathered.wait_types, {},
                                             [](const auto& each) { return each.second; });
  std::tie(gathered.user.wait_type_inner, gathered.user.wait_type_outer) = most->first;
  return std::move(gathered.user);
}

// Which subclasses a lock was locked with is not known when it never was.
bool may_share_class(const KeyUser& a, const KeyUser& b) {
  return !a.used || !b.used || (a.subclasses & b.subclasses) != 0;
}

// Names that share no class with any other are left out.
std::vector<KeyUser> sharing(UsersByName users) {
  std::vector<KeyUser> all;
  for (auto& [name, gathered] : users) all.push_back(user_of(std::move(gathered)));
  std::vector<KeyUser> result;
  for (const KeyUser& user : all) {
    const bool shares = std::ranges::any_of(
        all, [&](const KeyUser& other) { return &other != &user && may_share_class(user, other); });
    if (shares) result.push_back(user);
  }
  return result;
}

bool differ_in_wait_type(const std::vector<KeyUser>& users) {
  unsigned known = 0;
  for (const KeyUser& user : users) {
    if (user.wait_type_inner == 0) continue;
    if (known != 0 && known != user.wait_type_inner) return true;
    known = user.wait_type_inner;
  }
  return false;
}

// Old stacks and freed memory hold maps that were written over in part. A map is believed to have
// another wait type when that is all that differs from a class of the same name; 0 is no wait type.
bool wait_type_differs(const LockMap& map, const LockClass& lock_class) {
  if (map.wait_type_inner == 0 || lock_class.wait_type_inner == 0) return false;
  if (map.wait_type_inner == lock_class.wait_type_inner) return false;
  if (map.name != lock_class.raw_name) return true;
  return map.wait_type_outer == lock_class.wait_type_outer && map.lock_type == lock_class.lock_type;
}

bool can_be_believed(const SharedKey& shared) {
  if (shared.users.size() < 2) return false;
  if (!shared.symbol.empty() && !shared.in_module) return true;
  return std::count_if(shared.users.begin(), shared.users.end(),
                       [](const KeyUser& user) { return user.used; }) >= 2;
}

}  // namespace

uint64_t base_key(const LockClass& lock_class) {
  return lock_class.key - lock_class.subclass;
}

bool is_unvalidated_key(const std::string& symbol) {
  return symbol == "__lockdep_no_validate__" || symbol == "__lockdep_no_track__";
}

bool on_several_pages(const std::vector<const LockMap*>& maps) {
  constexpr uint64_t kPageSize = 4096;
  return std::any_of(maps.begin(), maps.end(), [&](const LockMap* map) {
    return map->address / kPageSize != maps.front()->address / kPageSize;
  });
}

std::vector<SharedKey> shared_keys(const Snapshot& snapshot) {
  const std::vector<uint64_t> keys = keys_of_several_names(snapshot);
  if (keys.empty()) return {};

  const ClassTable classes(snapshot.lockdep);
  std::map<uint64_t, std::pair<SharedKey, UsersByName>> found;
  for (const uint64_t key : keys) found[key].first.key = key;
  for (const LockMap& map : snapshot.scan.maps) {
    const auto it = found.find(map.key);
    if (it != found.end() && !map.name.empty()) add_map(classes, map, it->second.second);
  }
  for (const LockClass& lock_class : snapshot.lockdep.classes) {
    const auto it = found.find(base_key(lock_class));
    if (it == found.end() || lock_class.raw_name.empty()) continue;
    add_class(lock_class, it->second.first, it->second.second);
  }

  std::vector<SharedKey> result;
  for (auto& [key, entry] : found) {
    SharedKey& shared = entry.first;
    shared.users = sharing(std::move(entry.second));
    shared.validated = !is_unvalidated_key(shared.symbol);
    shared.wait_types_differ = differ_in_wait_type(shared.users);
    if (can_be_believed(shared)) result.push_back(std::move(shared));
  }
  return result;
}

std::vector<ClassAlias> class_aliases(const Snapshot& snapshot) {
  const ClassTable classes(snapshot.lockdep);
  std::vector<ClassAlias> aliases;
  for (const LockMap& map : snapshot.scan.maps) {
    for (unsigned slot = 0; slot < map.class_cache.size(); ++slot) {
      const LockClass* cached = classes.own_class(map, slot);
      if (cached == nullptr) continue;
      ClassAlias alias{&map, cached, slot};
      alias.name_differs =
          !map.name.empty() && !cached->raw_name.empty() && map.name != cached->raw_name;
      alias.wait_type_differs = wait_type_differs(map, *cached);
      if (alias.name_differs || alias.wait_type_differs) aliases.push_back(alias);
    }
  }
  std::stable_sort(aliases.begin(), aliases.end(), [](const ClassAlias& a, const ClassAlias& b) {
    return a.map->address < b.map->address;
  });
  return aliases;
}

}  // namespace kmortem::model
