// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lock_statistics.h"

#include <algorithm>

#include "kernel/cpus.h"
#include "kernel/percpu.h"
#include "kernel/record.h"
#include "locks/kernel_reads.h"

namespace kmortem::locks {

namespace {

using debuginfo::Field;
using model::ClassStatistics;
using model::LockTime;

using OptionalField = std::optional<Field>;

constexpr std::string_view kConsequence = "lock statistics are too low";

/// The members of struct lock_class_stats and lock_class that are read.
struct Layout {
  OptionalField contention, contending, bounces;
  OptionalField read_wait, write_wait, read_hold, write_hold;
  OptionalField min, max, total, count;
  OptionalField contention_at, contending_at;  ///< of lock_class
  uint64_t size = 0;                           ///< of lock_class_stats

  explicit Layout(const debuginfo::TypeTable& types)
      : contention(types.field("lock_class_stats.contention_point")),
        contending(types.field("lock_class_stats.contending_point")),
        bounces(types.field("lock_class_stats.bounces")),
        read_wait(types.field("lock_class_stats.read_waittime")),
        write_wait(types.field("lock_class_stats.write_waittime")),
        read_hold(types.field("lock_class_stats.read_holdtime")),
        write_hold(types.field("lock_class_stats.write_holdtime")),
        min(types.field("lock_time.min")),
        max(types.field("lock_time.max")),
        total(types.field("lock_time.total")),
        count(types.field("lock_time.nr")),
        contention_at(types.field("lock_class.contention_point")),
        contending_at(types.field("lock_class.contending_point")) {
    if (const auto named = types.find("lock_class_stats"))
      size = types.at(types.resolve(*named)).size;
  }

  bool known() const {
    for (const OptionalField* field : {&contention, &contending, &bounces, &read_wait, &write_wait,
                                       &read_hold, &write_hold, &min, &max, &total, &count}) {
      if (!*field) return false;
    }
    return size != 0;
  }
};

class Summing {
 public:
  explicit Summing(const Layout& layout) : layout_(layout) {}

  void add(uint64_t address, std::span<const std::byte> bytes, ClassStatistics* sum) const {
    const kernel::Record record(address, bytes);
    for (size_t i = 0; i < std::min<size_t>(sum->bounces.size(), layout_.bounces->count); ++i) {
      sum->bounces[i] += record.get(*layout_.bounces, i);
    }
    add_time(record, *layout_.read_wait, &sum->read_wait);
    add_time(record, *layout_.write_wait, &sum->write_wait);
    add_time(record, *layout_.read_hold, &sum->read_hold);
    add_time(record, *layout_.write_hold, &sum->write_hold);
    add_points(record, *layout_.contention, &sum->contention);
    add_points(record, *layout_.contending, &sum->contending);
  }

 private:
  // lock_time_add(): a CPU that never took the lock has no least time.
  void add_time(const kernel::Record& record, const Field& at, LockTime* sum) const {
    const auto value = [&](const OptionalField& member) {
      Field field = *member;
      field.offset += at.offset;
      return record.get(field);
    };
    const uint64_t count = value(layout_.count);
    if (count == 0) return;
    const auto min = static_cast<int64_t>(value(layout_.min));
    sum->min = sum->count == 0 ? min : std::min(sum->min, min);
    sum->max = std::max(sum->max, static_cast<int64_t>(value(layout_.max)));
    // Garbage may be of any size: it wraps as the kernel's own sum does.
    sum->total = static_cast<int64_t>(static_cast<uint64_t>(sum->total) + value(layout_.total));
    sum->count += count;
  }

  static void add_points(const kernel::Record& record, const Field& field,
                         std::vector<model::ContentionPoint>* points) {
    for (size_t i = 0; i < std::min<size_t>(points->size(), field.count); ++i) {
      (*points)[i].count += record.get(field, i);
    }
  }

  const Layout& layout_;
};

// kallsyms knows no sizes: there a function of the kernel ends where the next symbol begins, which
// is behind the padding.
model::Frame as_kallsyms(const kernel::Target& target, model::Frame frame) {
  constexpr uint64_t kMostPadding = 64;
  if (frame.function.empty() || !frame.module.empty()) return frame;
  const uint64_t begin = frame.pc - frame.offset;
  for (uint64_t pad = 0; pad < kMostPadding; ++pad) {
    const uint64_t at = begin + frame.function_size + pad;
    const auto next = target.symbols.containing(at);
    if (!next || next->address != at) continue;
    frame.function_size = at - begin;
    break;
  }
  return frame;
}

// The places of a class, up to the first that is empty, as seq_stats() prints them.
std::vector<model::ContentionPoint> points(const kernel::Target& target, const OptionalField& field,
                                           const model::LockClass& lock_class,
                                           const std::function<model::Frame(uint64_t)>& symbolize) {
  constexpr uint64_t kMostPoints = 16;
  std::vector<model::ContentionPoint> found;
  if (!field || field->count == 0) return found;
  const uint64_t count = std::min<uint64_t>(field->count, kMostPoints);
  for (uint64_t i = 0; i < count; ++i) {
    const auto at = target.memory.read_u64(lock_class.address + field->offset + i * 8);
    if (!at || *at == 0) break;
    found.push_back({*at, 0, as_kallsyms(target, symbolize(*at))});
  }
  return found;
}

}  // namespace

std::vector<ClassStatistics> read_lock_statistics(
    const kernel::Target& target, const model::Lockdep& lockdep,
    const std::function<model::Frame(uint64_t)>& symbolize) {
  const auto symbol = target.symbol("cpu_lock_stats");
  const Layout layout(target.types);
  if (!symbol || !layout.known() || lockdep.classes.empty()) return {};
  std::vector<ClassStatistics> all;
  uint64_t end = 0;
  for (const model::LockClass& lock_class : lockdep.classes) {
    ClassStatistics each;
    each.class_index = lock_class.index;
    each.contention = points(target, layout.contention_at, lock_class, symbolize);
    each.contending = points(target, layout.contending_at, lock_class, symbolize);
    all.push_back(std::move(each));
    end = std::max(end, (lock_class.index + uint64_t{1}) * layout.size);
  }
  const Summing summing(layout);
  const std::vector<int> cpus = kernel::read_possible_cpus(target);
  const size_t count = cpus.empty() ? 0 : static_cast<size_t>(cpus.back()) + 1;
  const std::vector<uint64_t> offsets = kernel::read_percpu_offsets(target, count);
  for (const int cpu : cpus) {
    if (cpu < 0 || static_cast<size_t>(cpu) >= offsets.size()) continue;
    const uint64_t address = *symbol + offsets[static_cast<size_t>(cpu)];
    const Block block = read_block(target, "cpu_lock_stats", address, end, kConsequence);
    for (ClassStatistics& each : all) {
      const uint64_t at = address + each.class_index * layout.size;
      const auto bytes = block.at(at, layout.size);
      if (!bytes.empty()) summing.add(at, bytes, &each);
    }
  }
  return all;
}

}  // namespace kmortem::locks
