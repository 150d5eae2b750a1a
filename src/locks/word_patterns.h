// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace kmortem::locks {

/// What a word of memory may be part of.
enum class HitKind : uint8_t {
  class_pointer,   ///< points exactly at an element of lock_classes[]: lockdep_map.class_cache
  known_key,       ///< the key of a registered class: lockdep_map.key
  unknown_key,     ///< points into data and two zero words follow: a map that was never locked
  spinlock_magic,  ///< SPINLOCK_MAGIC: raw_spinlock.magic
};

struct Hit {
  uint64_t physical = 0;
  HitKind kind = HitKind::class_pointer;
};

/// The words worth a closer look, in a form that costs a few instructions for each of the others.
class WordPatterns {
 public:
  /// `key` values are lockdep_map.key of the registered classes.
  void set_keys(std::vector<uint64_t> keys);
  void set_classes(uint64_t begin, uint64_t size, uint64_t element_size);
  /// Adds [begin, end) to where lock_class_keys of classes not yet registered may lie: the kernel's
  /// data, the modules.
  void set_key_data(uint64_t begin, uint64_t end);
  /// raw_spinlock.magic, by its offset in the structure.
  void set_spinlock_magic(uint64_t offset_of_magic);

  /// Finds all hits in `memory`, whole words at `physical`, and appends them. Where a dump is
  /// mapped its words need not be aligned.
  void scan(std::span<const std::byte> memory, uint64_t physical, std::vector<Hit>* hits) const;

 private:
  class Words;
  bool is_key(uint64_t word) const;
  void look_at_pointer(const Words& words, size_t at, uint64_t physical,
                       std::vector<Hit>* hits) const;
  bool may_be_unknown_map(const Words& words, size_t at) const;

  static constexpr unsigned kFilterBits = 16;
  static uint64_t filter_slot(uint64_t word) {
    return (word * 0x9e3779b97f4a7c15) >> (64 - kFilterBits);
  }

  std::vector<uint64_t> filter_ = std::vector<uint64_t>((1U << kFilterBits) / 64);
  std::vector<uint64_t> keys_;  // ascending
  uint64_t classes_begin_ = 0;
  uint64_t classes_size_ = 0;
  uint64_t class_size_ = 1;
  uint64_t data_begin_ = 0;
  uint64_t data_size_ = 0;
  // magic == (word & mask); a mask of 0 finds nothing because magic then is not 0.
  uint64_t magic_mask_ = 0;
  uint64_t magic_ = 1;
};

}  // namespace kmortem::locks
