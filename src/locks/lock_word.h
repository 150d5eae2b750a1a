// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/record.h"
#include "locks/lockdep_layout.h"
#include "model/lock_state.h"

namespace kmortem::locks {

/// What a lock says of itself, without its list of waiters.
struct LockWord {
  std::optional<uint64_t> value;
  std::string text;            ///< the value decoded: "locked, pending, tail CPU 3 idx 0"
  std::optional<bool> locked;  ///< nothing for a completion, which is no lock
  bool writing = false;        ///< locked, and by one holder
  bool has_waiters = false;    ///< its own flag or count says so; false where it keeps none
  bool no_owner_kept = false;
  uint64_t owner = 0;  ///< task_struct; 0: none, or not kept
  int owner_cpu = -1;  ///< raw_spinlock.owner_cpu
  bool owner_shared = false;
  bool owner_hint = false;          ///< the last of several readers, or the last to get through
  std::string owner_member;         ///< "mutex.owner"
  uint64_t waiting_writer = 0;      ///< a writer that waits in the lock itself (percpu_rwsem)
  std::optional<bool> magic_right;  ///< nothing: the type keeps no magic
};

/// One lock type as this kernel lays it out. Members decide which of its generations that is.
class LockDecoder {
 public:
  LockDecoder(model::LockType type, std::string type_name, uint64_t size, OptionalField map)
      : type_(type), type_name_(std::move(type_name)), size_(size), map_(map) {}
  virtual ~LockDecoder() = default;
  LockDecoder(const LockDecoder&) = delete;
  LockDecoder& operator=(const LockDecoder&) = delete;

  model::LockType type() const { return type_; }
  const std::string& type_name() const { return type_name_; }
  /// sizeof: what decode() needs.
  uint64_t size() const { return size_; }
  /// Its lockdep_map (CONFIG_DEBUG_LOCK_ALLOC).
  const OptionalField& map() const { return map_; }

  virtual LockWord decode(const kernel::Record& lock) const = 0;

 private:
  model::LockType type_;
  std::string type_name_;
  uint64_t size_;
  OptionalField map_;
};

/// `text` with `part` after a comma.
void append_part(std::string* text, std::string_view part);

}  // namespace kmortem::locks
