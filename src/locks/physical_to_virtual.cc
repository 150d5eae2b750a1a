// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/physical_to_virtual.h"

#include <algorithm>

#include "locks/kernel_reads.h"

namespace kmortem::locks {

namespace {

// Where there is no vmalloc_base variable (before 4.8, or without CONFIG_RANDOMIZE_MEMORY before
// 4.17) the region is where it has always been, 32 TB long.
constexpr uint64_t kVmallocBegin = 0xffffc90000000000;
constexpr uint64_t kVmallocSize = uint64_t{32} << 40;

// Modules lie between the kernel image and the fixmap.
constexpr uint64_t kModulesEnd = 0xffffffffff000000;
constexpr uint64_t kLargePage = uint64_t{2} << 20;

// The direct map's base without page_offset_base: since 4.20, before, and with five levels.
constexpr uint64_t kDirectMaps[] = {0xffff888000000000, 0xffff880000000000, 0xff11000000000000};

}  // namespace

PhysicalToVirtual::PhysicalToVirtual(dump::DumpFile& dump, const kernel::Target& target) {
  find_image(dump, target);
  find_direct_map(dump, target);
  const uint64_t begin = read_variable(target, "vmalloc_base", 8).value_or(kVmallocBegin);
  uint64_t end = read_variable(target, "vmemmap_base", 8).value_or(0);
  if (end <= begin) end = begin > UINT64_MAX - kVmallocSize ? UINT64_MAX : begin + kVmallocSize;
  add_region(dump, begin, end);
  if (modules_begin_ != 0) add_region(dump, modules_begin_, kModulesEnd);
  finish();
}

void PhysicalToVirtual::find_image(dump::DumpFile& dump, const kernel::Target& target) {
  const auto text = target.symbol("_text");
  const auto end = target.symbol("_end");
  if (!text || !end || *end <= *text) return;
  modules_begin_ = (*end + kLargePage - 1) / kLargePage * kLargePage;
  const auto physical = dump.translate(*text);
  if (!physical) return;
  image_ = {*physical, *end - *text, *text};
  const auto init_begin = target.symbol("__init_begin");
  const auto init_end = target.symbol("__init_end");
  if (!init_begin || !init_end || *init_begin < *text || *init_end < *init_begin) return;
  init_begin_ = *init_begin - *text;
  init_end_ = *init_end - *text;
}

void PhysicalToVirtual::find_direct_map(dump::DumpFile& dump, const kernel::Target& target) {
  for (const dump::PhysicalRange& range : dump.physical_ranges()) {
    physical_end_ = std::max(physical_end_, range.end);
  }
  direct_map_ = read_variable(target, "page_offset_base", 8);
  if (direct_map_ || image_.length == 0) return;
  for (const uint64_t base : kDirectMaps) {
    const auto physical = dump.translate(base + image_.physical);
    if (!physical || *physical != image_.physical) continue;
    direct_map_ = base;
    return;
  }
}

void PhysicalToVirtual::add_region(dump::DumpFile& dump, uint64_t begin, uint64_t end) {
  if (end <= begin) return;
  dump.for_each_mapping(begin, end, [&](uint64_t address, uint64_t physical, uint64_t length) {
    // Tables full of garbage must not fill our memory: a million runs is 4 GB of single pages.
    constexpr size_t kMostRuns = size_t{1} << 20;
    if (runs_.size() < kMostRuns) runs_.push_back({physical, length, address});
  });
}

void PhysicalToVirtual::finish() {
  std::ranges::stable_sort(runs_, {}, &Run::physical);
  std::vector<Run> kept;
  uint64_t covered = 0;
  for (Run run : runs_) {
    const uint64_t end = run.physical + run.length;
    if (end < run.physical || end <= covered) continue;
    // A page mapped twice keeps its first address.
    const uint64_t skip = covered > run.physical ? covered - run.physical : 0;
    kept.push_back({run.physical + skip, run.length - skip, run.address + skip});
    covered = end;
  }
  runs_ = std::move(kept);
}

std::optional<uint64_t> PhysicalToVirtual::find(uint64_t physical) const {
  const uint64_t in_image = physical - image_.physical;
  const bool freed = in_image >= init_begin_ && in_image < init_end_;
  if (physical >= image_.physical && in_image < image_.length && !freed) {
    return image_.address + in_image;
  }
  auto it = std::ranges::upper_bound(runs_, physical, {}, &Run::physical);
  if (it != runs_.begin()) {
    --it;
    if (physical - it->physical < it->length) return it->address + (physical - it->physical);
  }
  if (!direct_map_ || *direct_map_ > UINT64_MAX - physical) return std::nullopt;
  return *direct_map_ + physical;
}

bool PhysicalToVirtual::has_symbols(uint64_t address) const {
  if (address - image_.address < image_.length) return true;
  return modules_begin_ != 0 && address >= modules_begin_ && address < kModulesEnd;
}

bool PhysicalToVirtual::in_direct_map(uint64_t address) const {
  return direct_map_ && address >= *direct_map_ && address - *direct_map_ < physical_end_;
}

}  // namespace kmortem::locks
