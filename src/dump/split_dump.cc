// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/split_dump.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace kmortem::dump {

namespace {

/// The machine's memory, each frame from the part that has it. libkdumpfile 0.5.1 opens sets of
/// files as well, but not with one missing, packed or flattened: so each part is a dump of its own.
class SplitMemory : public PhysicalMemory {
 public:
  struct Part {
    FrameRange frames;
    std::unique_ptr<PhysicalMemory> memory;
  };

  SplitMemory(std::vector<Part> parts, uint64_t max_frame)
      : parts_(std::move(parts)), max_frame_(max_frame) {}

  ReadResult<void> read(uint64_t address, std::span<std::byte> out) override {
    while (!out.empty()) {
      Part* part = find(address >> kPageShift);
      if (part == nullptr) {
        const bool described = address >> kPageShift < max_frame_;
        return std::unexpected(
            ReadError{described ? ReadError::Kind::truncated : ReadError::Kind::excluded, address});
      }
      const uint64_t length =
          std::min<uint64_t>(out.size(), (part->frames.end << kPageShift) - address);
      if (auto done = part->memory->read(address, out.first(length)); !done) return done;
      out = out.subspan(length);
      address += length;
    }
    return {};
  }

  std::vector<PhysicalRange> ranges() const override {
    std::vector<PhysicalRange> all;
    for (const Part& part : parts_) {
      for (const PhysicalRange& range : part.memory->ranges()) {
        if (!all.empty() && all.back().end == range.begin) {
          all.back().end = range.end;
        } else {
          all.push_back(range);
        }
      }
    }
    return all;
  }

  std::unique_ptr<PhysicalMemory> clone() const override {
    std::vector<Part> parts;
    for (const Part& part : parts_) {
      parts.push_back({part.frames, part.memory->clone()});
      if (parts.back().memory == nullptr) return nullptr;
    }
    return std::make_unique<SplitMemory>(std::move(parts), max_frame_);
  }

 private:
  Part* find(uint64_t frame) {
    const auto after = std::ranges::upper_bound(parts_, frame, {},
                                                [](const Part& part) { return part.frames.begin; });
    if (after == parts_.begin()) return nullptr;
    Part& part = *(after - 1);
    return frame < part.frames.end ? &part : nullptr;
  }

  std::vector<Part> parts_;  ///< ascending, none empty
  uint64_t max_frame_;
};

const FrameRange& frames_of(const OpenedPart& part) {
  return part.container.part->frames;
}

Result<void> check_parts(const std::vector<OpenedPart>& parts) {
  for (const OpenedPart& part : parts) {
    if (!part.container.part) {
      return fail(
          fmt::format("{}: not a part of a split dump; give one dump at a time", part.path));
    }
    if (part.container.part->identity != parts.front().container.part->identity) {
      return fail(fmt::format("{}: a part of another dump than {}", part.path, parts.front().path));
    }
  }
  for (size_t i = 1; i < parts.size(); ++i) {
    if (frames_of(parts[i]).begin < frames_of(parts[i - 1]).end) {
      return fail(fmt::format("{}: holds the same pages as {}; is a part given twice?",
                              parts[i].path, parts[i - 1].path));
    }
  }
  return {};
}

std::string address_range(FrameRange frames) {
  return fmt::format("{:#x}-{:#x}", frames.begin << kPageShift, (frames.end << kPageShift) - 1);
}

/// Says which frames no part has.
void describe_gap(const SplitPart& any, FrameRange gap, model::DumpInfo& info) {
  if (gap.begin >= gap.end) return;
  const uint64_t pages = any.dumped(gap);
  if (pages == 0) return;
  info.missing_pages += pages;
  info.problems.push_back(
      {.structure = "split dump",
       .reason = fmt::format("the part with physical memory {} was not given", address_range(gap)),
       .consequence = fmt::format("its {} pages are missing from the dump", pages)});
}

void describe(const std::vector<OpenedPart>& parts, model::DumpInfo& info) {
  const SplitPart& any = *parts.front().container.part;
  uint64_t next = 0;
  for (const OpenedPart& part : parts) {
    const FrameRange frames = frames_of(part);
    describe_gap(any, {next, frames.begin}, info);
    next = std::max(next, frames.end);
    info.parts.push_back({part.path, frames.begin << kPageShift, frames.end << kPageShift});
  }
  describe_gap(any, {next, any.max_frame}, info);
}

void add_part(Container& part, Container& all, std::vector<SplitMemory::Part>& memories) {
  if (part.compression != "none") all.compression = part.compression;
  all.truncated = all.truncated || part.truncated;
  if (all.vmcoreinfo.empty()) all.vmcoreinfo = part.vmcoreinfo;
  if (all.notes.empty()) all.notes = part.notes;
  const FrameRange frames = part.part->frames;
  if (frames.begin >= frames.end) return;
  for (const PhysicalRange& range : part.memory->ranges()) {
    all.present_bytes += range.end - range.begin;
  }
  memories.push_back({frames, std::move(part.memory)});
}

}  // namespace

Result<Container> combine_parts(std::vector<OpenedPart> parts, model::DumpInfo& info) {
  std::ranges::stable_sort(parts, [](const OpenedPart& a, const OpenedPart& b) {
    const auto begin = [](const OpenedPart& part) {
      return part.container.part ? frames_of(part).begin : 0;
    };
    const auto end = [](const OpenedPart& part) {
      return part.container.part ? frames_of(part).end : 0;
    };
    return std::pair(begin(a), end(a)) < std::pair(begin(b), end(b));
  });
  if (auto good = check_parts(parts); !good) return std::unexpected(good.error());
  describe(parts, info);

  const SplitPart whole = *parts.front().container.part;
  const uint64_t dumped = whole.dumped({0, whole.max_frame});
  Container all = std::move(parts.front().container);
  // A part counts what the others have as left out.
  all.excluded_pages = whole.ram_frames > dumped ? whole.ram_frames - dumped : 0;
  all.truncated = all.truncated || info.missing_pages != 0;
  all.present_bytes = 0;
  std::vector<SplitMemory::Part> memories;
  for (size_t i = 0; i < parts.size(); ++i) {
    add_part(i == 0 ? all : parts[i].container, all, memories);
  }
  all.memory = std::make_unique<SplitMemory>(std::move(memories), whole.max_frame);
  return all;
}

}  // namespace kmortem::dump
