// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/word_patterns.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace kmortem::locks {

namespace {

// Everything that is a kernel address under four or five page-table levels, and little else.
constexpr uint64_t kKernelBegin = 0xff00000000000000;
constexpr uint64_t kSpinlockMagic = 0xdead4ead;
constexpr uint64_t kPageWords = 512;

}  // namespace

/// Memory as an array of words that may lie anywhere.
class WordPatterns::Words {
 public:
  explicit Words(std::span<const std::byte> memory) : memory_(memory) {}

  size_t size() const { return memory_.size() / sizeof(uint64_t); }
  uint64_t operator[](size_t index) const {
    uint64_t word;
    std::memcpy(&word, memory_.data() + index * sizeof word, sizeof word);
    return word;
  }

 private:
  std::span<const std::byte> memory_;
};

void WordPatterns::set_keys(std::vector<uint64_t> keys) {
  keys_ = std::move(keys);
  std::ranges::sort(keys_);
  for (const uint64_t key : keys_) {
    const uint64_t slot = filter_slot(key);
    filter_[slot / 64] |= uint64_t{1} << (slot % 64);
  }
}

void WordPatterns::set_classes(uint64_t begin, uint64_t size, uint64_t element_size) {
  classes_begin_ = begin;
  classes_size_ = size;
  class_size_ = std::max<uint64_t>(element_size, 1);
}

void WordPatterns::set_key_data(uint64_t begin, uint64_t end) {
  data_begin_ = begin;
  data_size_ = end > begin ? end - begin : 0;
}

void WordPatterns::set_spinlock_magic(uint64_t offset_of_magic) {
  // raw_spinlock is aligned to 8: the magic is always in the same half of a word.
  const unsigned shift = offset_of_magic % 8 == 4 ? 32 : 0;
  magic_mask_ = uint64_t{0xffffffff} << shift;
  magic_ = kSpinlockMagic << shift;
}

bool WordPatterns::is_key(uint64_t word) const {
  const uint64_t slot = filter_slot(word);
  if ((filter_[slot / 64] >> (slot % 64) & 1) == 0) return false;
  return std::ranges::binary_search(keys_, word);
}

bool WordPatterns::may_be_unknown_map(const Words& words, size_t at) const {
  // key, class_cache[0], class_cache[1], name. The rest of a map that crosses a page may lie
  // anywhere: the closer look follows the page tables.
  if (words[at] % 8 != 0) return false;
  const size_t left = kPageWords - at % kPageWords;
  if (left > 1 && at + 1 < words.size() && words[at + 1] != 0) return false;
  if (left > 2 && at + 2 < words.size() && words[at + 2] != 0) return false;
  return left <= 3 || at + 3 >= words.size() || words[at + 3] >= kKernelBegin;
}

void WordPatterns::look_at_pointer(const Words& words, size_t at, uint64_t physical,
                                   std::vector<Hit>* hits) const {
  const uint64_t word = words[at];
  if (word - classes_begin_ < classes_size_) {
    if ((word - classes_begin_) % class_size_ != 0) return;
    hits->push_back({physical + at * 8, HitKind::class_pointer});
    return;
  }
  if (is_key(word)) {
    hits->push_back({physical + at * 8, HitKind::known_key});
  } else if (word - data_begin_ < data_size_ && may_be_unknown_map(words, at)) {
    hits->push_back({physical + at * 8, HitKind::unknown_key});
  }
}

void WordPatterns::scan(std::span<const std::byte> memory, uint64_t physical,
                        std::vector<Hit>* hits) const {
  const Words words(memory);
  const uint64_t mask = magic_mask_;
  const uint64_t magic = magic_;
  for (size_t i = 0; i < words.size(); ++i) {
    const uint64_t word = words[i];
    if (word < kKernelBegin) {
      if ((word & mask) == magic) hits->push_back({physical + i * 8, HitKind::spinlock_magic});
      continue;
    }
    look_at_pointer(words, i, physical, hits);
  }
}

}  // namespace kmortem::locks
