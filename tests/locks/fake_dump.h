// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dump/dump_file.h"
#include "support/fake_memory.h"

namespace kmortem::test {

/// A dump whose physical memory is a FakeMemory's pages: each physical run shows what the test
/// wrote at the kernel address that it is mapped to.
class FakeDump : public dump::DumpFile {
 public:
  struct Run {
    uint64_t address = 0;
    uint64_t physical = 0;
    uint64_t length = 0;
  };

  explicit FakeDump(FakeMemory& memory) : memory_(memory) {}

  /// Physical memory that the kernel uses at `address`.
  void add(const Run& run) { runs_.push_back(run); }

  std::unique_ptr<DumpFile> clone() const override { return std::make_unique<FakeDump>(*this); }
  const model::DumpInfo& info() const override { return info_; }
  std::optional<std::string> vmcoreinfo(std::string_view) const override { return std::nullopt; }

  ReadResult<void> read(uint64_t address, std::span<std::byte> out) override {
    return memory_.read(address, out);
  }

  ReadResult<void> read_physical(uint64_t physical, std::span<std::byte> out) override {
    while (!out.empty()) {
      const Run* run = run_at(physical);
      if (run == nullptr) return std::unexpected(ReadError{ReadError::Kind::excluded, physical});
      const uint64_t offset = physical - run->physical;
      const uint64_t length = std::min<uint64_t>(out.size(), run->length - offset);
      if (auto done = memory_.read(run->address + offset, out.first(length)); !done) return done;
      out = out.subspan(length);
      physical += length;
    }
    return {};
  }

  /// As of a mapped file, where map_file() was called: at an odd place of it, as QEMU leaves
  /// memory.
  std::span<const std::byte> mapped_physical(uint64_t physical, uint64_t length) const override {
    if (file_.empty() || physical < file_begin_ || physical + length > file_end()) return {};
    return std::span(file_).subspan(kFileOffset + (physical - file_begin_), length);
  }

  /// From now on the run at `physical` is also there as a part of a file.
  void map_file(uint64_t physical, uint64_t length) {
    file_begin_ = physical;
    file_.resize(kFileOffset + length);
    (void)read_physical(physical, std::span(file_).subspan(kFileOffset));
  }

  /// Runs that follow each other in physical memory are one range.
  std::vector<dump::PhysicalRange> physical_ranges() const override {
    std::vector<Run> sorted = runs_;
    std::ranges::sort(sorted, {}, &Run::physical);
    std::vector<dump::PhysicalRange> ranges;
    for (const Run& run : sorted) {
      if (ranges.empty() || ranges.back().end != run.physical) {
        ranges.push_back({run.physical, run.physical});
      }
      ranges.back().end += run.length;
    }
    return ranges;
  }

  ReadResult<uint64_t> translate(uint64_t address) override {
    for (const Run& run : runs_) {
      if (address - run.address < run.length) return run.physical + (address - run.address);
    }
    return std::unexpected(ReadError{ReadError::Kind::unmapped, address});
  }

  uint64_t for_each_mapping(
      uint64_t begin, uint64_t end,
      const std::function<void(uint64_t, uint64_t, uint64_t)>& visit) override {
    for (const Run& run : runs_) {
      if (run.address >= begin && run.address < end) visit(run.address, run.physical, run.length);
    }
    return 0;
  }

 private:
  static constexpr size_t kFileOffset = 5;
  uint64_t file_end() const { return file_begin_ + file_.size() - kFileOffset; }

  const Run* run_at(uint64_t physical) const {
    for (const Run& run : runs_) {
      if (physical - run.physical < run.length) return &run;
    }
    return nullptr;
  }

  FakeMemory& memory_;
  std::vector<Run> runs_;
  std::vector<std::byte> file_;
  uint64_t file_begin_ = 0;
  model::DumpInfo info_;
};

}  // namespace kmortem::test
