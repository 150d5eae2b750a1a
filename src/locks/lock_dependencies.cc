// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lock_dependencies.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/hex.h"
#include "kernel/record.h"
#include "locks/inconsistencies.h"

namespace kmortem::locks {

namespace {

class DependencyReader {
 public:
  DependencyReader(const kernel::Target& target, const LockdepLayout& layout,
                   const ClassTable& table, StackTraces* traces, model::Lockdep* lockdep)
      : target_(target), layout_(layout), table_(table), traces_(traces), lockdep_(lockdep) {}

  void read() {
    read_entries();
    visited_.assign(used_, false);
    lockdep_->dependencies.reserve(std::min<uint64_t>(used_, population_));
    for (model::LockClass& cls : lockdep_->classes) {
      follow(cls, *layout_.cls.locks_after, "locks_after", &cls.locks_after);
      follow(cls, *layout_.cls.locks_before, "locks_before", &cls.locks_before);
    }
    compare_with_bitmap();
  }

 private:
  void read_entries() {
    const Table& entries = layout_.list_entries;
    population_ = read_variable(target_, "nr_list_entries", 8).value_or(entries.count);
    // list_entries_in_use came with entries that can be freed (el8.3, 5.1); before that
    // nr_list_entries is the high-water mark.
    in_use_ = read_bitmap(target_, "list_entries_in_use", entries.count, kConsequence);
    used_ = in_use_.set.empty() ? std::min(population_, entries.count) : in_use_.end();
    block_ = read_block(target_, "list_entries", entries.address, used_ * entries.element_size,
                        kConsequence);
  }

  void follow(const model::LockClass& cls, const debuginfo::Field& head_field, const char* list,
              std::vector<unsigned>* out) {
    const uint64_t head = cls.address + head_field.offset;
    const uint64_t size = layout_.list_entries.element_size;
    uint64_t link = table_.block.word(head);
    // A null head: a class that is registered but not yet initialised, or a page that is missing.
    while (link != head && link != 0) {
      const uint64_t offset = layout_.list.entry->offset;
      const int64_t index = link < offset ? -1 : layout_.list_entries.index_of(link - offset);
      if (index < 0 || static_cast<uint64_t>(index) >= used_ ||
          visited_[static_cast<size_t>(index)]) {
        note_inconsistency(lockdep_, fmt::format("{} of class {} ({}) leads to {}", list, cls.index,
                                                 cls.name, hex_address(link)));
        return;
      }
      visited_[static_cast<size_t>(index)] = true;
      if (!block_.has(link - offset, size)) return;
      const uint64_t address = link - offset;
      const kernel::Record record(address, block_.at(address, size));
      out->push_back(static_cast<unsigned>(lockdep_->dependencies.size()));
      lockdep_->dependencies.push_back(read_entry(cls, list, record));
      link = block_.word(link);
    }
  }

  model::Dependency read_entry(const model::LockClass& cls, const char* list,
                               const kernel::Record& record) {
    const ListFields& f = layout_.list;
    model::Dependency dependency;
    dependency.address = record.address();
    dependency.from = static_cast<int>(cls.index);
    dependency.to = class_index(record.get(*f.cls));
    dependency.distance = static_cast<unsigned>(record.get_or(f.distance, 0));
    dependency.dep = static_cast<unsigned>(record.get_or(f.dep, 0));
    if (f.trace) dependency.trace = traces_->find(record, *f.trace);
    // A class whose page is missing may be in use all the same.
    if (dependency.to < 0) {
      note_inconsistency(
          lockdep_, fmt::format("{} of class {} ({}) names {}, which is no class", list, cls.index,
                                cls.name, hex_address(record.get(*f.cls))));
    }
    if (f.links_to && record.get(*f.links_to) != cls.address) {
      note_inconsistency(lockdep_, fmt::format("{} of class {} ({}) has an entry of another class",
                                               list, cls.index, cls.name));
    }
    return dependency;
  }

  int class_index(uint64_t pointer) const {
    const int64_t index = layout_.lock_classes.index_of(pointer);
    if (index < 0 || !table_.in_use.may_be_set(static_cast<uint64_t>(index))) return -1;
    return static_cast<int>(index);
  }

  void compare_with_bitmap() {
    if (in_use_.set.empty() || !block_.complete || !table_.block.complete) return;
    uint64_t lost = 0;
    uint64_t free = 0;
    for (uint64_t i = 0; i < used_; ++i) {
      if (in_use_.set[i] && !visited_[i]) ++lost;
      if (!in_use_.may_be_set(i) && visited_[i]) ++free;
    }
    if (free != 0) {
      note_inconsistency(lockdep_, fmt::format("{} dependencies are linked but marked free", free));
    }
    if (lost != 0) {
      note_inconsistency(lockdep_,
                         fmt::format("{} dependencies are marked used but in no list", lost));
    }
  }

  static constexpr std::string_view kConsequence = "some lock dependencies are missing";

  const kernel::Target& target_;
  const LockdepLayout& layout_;
  const ClassTable& table_;
  StackTraces* traces_;
  model::Lockdep* lockdep_;
  Block block_;
  Bitmap in_use_;
  std::vector<bool> visited_;
  uint64_t used_ = 0;
  uint64_t population_ = 0;
};

}  // namespace

void read_dependencies(const kernel::Target& target, const LockdepLayout& layout,
                       const ClassTable& table, StackTraces* traces, model::Lockdep* lockdep) {
  const bool known = layout.list_entries.present && layout.list_entries.count != 0 &&
                     layout.list.entry && layout.list.cls && layout.cls.locks_after &&
                     layout.cls.locks_before;
  // Without CONFIG_PROVE_LOCKING nothing is recorded.
  if (!known) return;
  DependencyReader(target, layout, table, traces, lockdep).read();
}

}  // namespace kmortem::locks
