// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/memory_sweep.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <system_error>
#include <thread>
#include <vector>

namespace kmortem::locks {

namespace {

constexpr uint64_t kPageSize = 4096;
// A piece is one read; it stays in the processor's second-level cache.
constexpr uint64_t kPiece = uint64_t{256} << 10;

/// The physical ranges cut into pieces, handed out in order.
class Pieces {
 public:
  explicit Pieces(const std::vector<dump::PhysicalRange>& ranges) {
    for (const dump::PhysicalRange& range : ranges) {
      for (uint64_t at = range.begin; at < range.end;) {
        const uint64_t length = std::min(kPiece, range.end - at);
        pieces_.push_back({at, at + length});
        at += length;
      }
    }
  }

  size_t count() const { return pieces_.size(); }

  const dump::PhysicalRange* take() {
    const size_t index = next_.fetch_add(1, std::memory_order_relaxed);
    return index < pieces_.size() ? &pieces_[index] : nullptr;
  }

 private:
  std::vector<dump::PhysicalRange> pieces_;
  std::atomic<size_t> next_ = 0;
};

class Sweeper {
 public:
  Sweeper(const SweepLane& lane, const WordPatterns& patterns) : lane_(lane), patterns_(patterns) {}

  SweepResult run(Pieces* pieces) {
    while (const dump::PhysicalRange* piece = pieces->take()) {
      const uint64_t length = piece->end - piece->begin;
      if (!look_at(piece->begin, length)) look_by_page(piece->begin, length);
    }
    return result_;
  }

 private:
  bool look_at(uint64_t physical, uint64_t length) {
    const std::span<const std::byte> bytes = bytes_at(physical, length);
    if (bytes.empty()) return false;
    hits_.clear();
    patterns_.scan(bytes, physical, &hits_);
    lane_.visitor->visit(hits_, {physical, bytes});
    result_.bytes_covered += length;
    return true;
  }

  // A mapped dump is looked at where it lies: copying it would cost as much as the look.
  std::span<const std::byte> bytes_at(uint64_t physical, uint64_t length) {
    const auto mapped = lane_.dump->mapped_physical(physical, length);
    if (!mapped.empty()) return mapped;
    const auto copy = std::span(buffer_).first(length);
    if (!lane_.dump->read_physical(physical, copy)) return {};
    return copy;
  }

  void look_by_page(uint64_t physical, uint64_t length) {
    for (uint64_t done = 0; done < length; done += kPageSize) {
      const uint64_t page = std::min(kPageSize, length - done);
      if (!look_at(physical + done, page)) result_.bytes_missing += page;
    }
  }

  const SweepLane& lane_;
  const WordPatterns& patterns_;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(kPiece);
  std::vector<Hit> hits_;
  SweepResult result_;
};

/// A lane in its thread. What it throws (it runs out of memory) is for the caller's thread.
struct LaneRun {
  const SweepLane& lane;
  const WordPatterns& patterns;
  Pieces& pieces;
  SweepResult result = {};
  std::exception_ptr failure = nullptr;

  void go() {
    try {
      result = Sweeper(lane, patterns).run(&pieces);
    } catch (...) {
      failure = std::current_exception();
    }
  }
};

}  // namespace

SweepResult sweep_memory(std::span<const SweepLane> lanes, const WordPatterns& patterns) {
  if (lanes.empty()) return {};
  Pieces pieces(lanes[0].dump->physical_ranges());
  std::vector<LaneRun> runs;
  for (const SweepLane& lane : lanes) runs.push_back({lane, patterns, pieces});
  std::vector<std::thread> workers;
  try {
    for (size_t i = 1; i < runs.size(); ++i) workers.emplace_back([&run = runs[i]] { run.go(); });
  } catch (const std::system_error&) {
    // No room for another thread: the others share its pieces.
  }
  runs[0].go();
  for (std::thread& worker : workers) worker.join();
  SweepResult result;
  for (const LaneRun& run : runs) {
    if (run.failure) std::rethrow_exception(run.failure);
    result.bytes_covered += run.result.bytes_covered;
    result.bytes_missing += run.result.bytes_missing;
  }
  return result;
}

}  // namespace kmortem::locks
