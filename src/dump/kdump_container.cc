// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/checked.h"
#include "dump/container.h"
#include "dump/kdump_header.h"
#include "dump/kdump_reader.h"
#include "dump/page_cache.h"

namespace kmortem::dump {

namespace {

// What does not shrink is stored as it is, so no page takes more. libkdumpfile 0.5.1 reads
// compressed data into a buffer of one page without looking.
constexpr uint32_t kMaxStoredPage = kPageSize;

/// What all views of one file share.
struct KdumpFile {
  std::shared_ptr<const FileView> view;
  uint64_t descriptors_offset = 0;
  bool truncated = false;
  std::vector<FrameRun> frames;
};

const FrameRun* find_run(std::span<const FrameRun> runs, uint64_t frame) {
  const auto after = std::ranges::upper_bound(runs, frame, {}, &FrameRun::begin);
  if (after == runs.begin()) return nullptr;
  const FrameRun& run = *(after - 1);
  return frame < run.end ? &run : nullptr;
}

bool read_descriptor(const KdumpFile& file, uint64_t number, KdumpPage& page) {
  return file.view->read_object(file.descriptors_offset + number * sizeof page, page);
}

/// Where a page's data is: there, cut off with the file's end, or nowhere that makes sense.
enum class Stored { whole, truncated, corrupt };

Stored where_stored(const KdumpFile& file, uint64_t number) {
  KdumpPage page;
  if (!read_descriptor(file, number, page)) return Stored::truncated;
  // makedumpfile writes descriptors in blocks; those that it did not get to are zeros.
  if (page.offset == 0 && page.size == 0 && file.truncated) return Stored::truncated;
  if (page.size == 0 || page.size > kMaxStoredPage || page.offset < file.descriptors_offset) {
    return Stored::corrupt;
  }
  // A page that is not compressed is copied by libkdumpfile 0.5.1 with the size that its descriptor
  // names, into a buffer of one page.
  if (compression_name(page.flags) == "none" && page.size != kPageSize) return Stored::corrupt;
  return range_fits(page.offset, page.size, file.view->size()) ? Stored::whole : Stored::truncated;
}

class KdumpMemory : public PhysicalMemory {
 public:
  KdumpMemory(std::shared_ptr<const KdumpFile> file, std::unique_ptr<KdumpReader> reader)
      : file_(std::move(file)), reader_(std::move(reader)) {}

  ReadResult<void> read(uint64_t address, std::span<std::byte> out) override {
    while (!out.empty()) {
      const uint64_t offset = address % kPageSize;
      const auto part = out.first(std::min<uint64_t>(out.size(), kPageSize - offset));
      const auto done =
          part.size() == kPageSize ? read_page(address, part) : read_part(address, offset, part);
      if (!done) return std::unexpected(ReadError{done.error(), address});
      out = out.subspan(part.size());
      address += part.size();
    }
    return {};
  }

  std::vector<PhysicalRange> ranges() const override {
    std::vector<PhysicalRange> ranges;
    for (const FrameRun& run : file_->frames) {
      if (!file_->truncated) {
        ranges.push_back({run.begin << kPageShift, run.end << kPageShift});
        continue;
      }
      for (uint64_t frame = run.begin; frame < run.end; ++frame) {
        if (where_stored(*file_, run.first + (frame - run.begin)) != Stored::whole) continue;
        const uint64_t address = frame << kPageShift;
        if (!ranges.empty() && ranges.back().end == address) {
          ranges.back().end += kPageSize;
        } else {
          ranges.push_back({address, address + kPageSize});
        }
      }
    }
    return ranges;
  }

  std::unique_ptr<PhysicalMemory> clone() const override {
    auto reader = KdumpReader::open(*file_->view);
    if (!reader) return nullptr;
    return std::make_unique<KdumpMemory>(file_, std::move(*reader));
  }

 private:
  using PageResult = std::expected<void, ReadError::Kind>;

  PageResult check(uint64_t frame) {
    if (last_run_ == nullptr || frame < last_run_->begin || frame >= last_run_->end) {
      last_run_ = find_run(file_->frames, frame);
      if (last_run_ == nullptr) return std::unexpected(ReadError::Kind::excluded);
    }
    switch (where_stored(*file_, last_run_->first + (frame - last_run_->begin))) {
      case Stored::truncated:
        return std::unexpected(ReadError::Kind::truncated);
      case Stored::corrupt:
        return std::unexpected(ReadError::Kind::corrupt);
      case Stored::whole:
        break;
    }
    return {};
  }

  PageResult read_page(uint64_t address, std::span<std::byte> out) {
    if (auto good = check(address >> kPageShift); !good) return good;
    if (!reader_->read(address, out)) return std::unexpected(ReadError::Kind::corrupt);
    return {};
  }

  PageResult read_part(uint64_t address, uint64_t offset, std::span<std::byte> out) {
    const uint64_t page = address - offset;
    std::span<std::byte> cached = cache_.find(page);
    if (cached.empty()) {
      cached = cache_.replace(page);
      if (auto done = read_page(page, cached); !done) {
        cache_.drop(page);
        return done;
      }
    }
    std::ranges::copy(cached.subspan(offset, out.size()), out.begin());
    return {};
  }

  std::shared_ptr<const KdumpFile> file_;
  std::unique_ptr<KdumpReader> reader_;
  PageCache cache_;
  const FrameRun* last_run_ = nullptr;
};

/// Pages are written in order, so the end of the last one's data is near the end of the file.
bool ends_early(const KdumpFile& file) {
  if (file.frames.empty()) return false;
  const FrameRun& last = file.frames.back();
  const uint64_t count = last.first + (last.end - last.begin);
  constexpr uint64_t kLookAt = 1024;
  for (uint64_t number = count > kLookAt ? count - kLookAt : 0; number < count; ++number) {
    if (where_stored(file, number) == Stored::truncated) return true;
  }
  return false;
}

/// Some writers leave the header's compression bits out; the first pages tell then.
std::string compression_of(const KdumpHeader& header, const KdumpFile& file) {
  constexpr uint64_t kLookAt = 64;
  uint32_t flags = header.status;
  for (uint64_t number = 0; number < kLookAt && compression_name(flags) == "none"; ++number) {
    KdumpPage page;
    if (!read_descriptor(file, number, page)) break;
    flags |= page.flags;
  }
  return std::string(compression_name(flags));
}

std::vector<std::byte> read_bytes(const FileView& file, uint64_t offset, uint64_t size) {
  std::vector<std::byte> bytes(size);
  if (!file.read(offset, bytes)) bytes.clear();
  return bytes;
}

void read_notes(const FileView& file, const KdumpHeader& header, Container& container) {
  container.notes = read_bytes(file, header.notes_offset, header.notes_size);
  const auto text = read_bytes(file, header.vmcoreinfo_offset, header.vmcoreinfo_size);
  container.vmcoreinfo.assign(reinterpret_cast<const char*>(text.data()), text.size());
  container.vmcoreinfo.resize(
      std::min(container.vmcoreinfo.find('\0'), container.vmcoreinfo.size()));
  if (container.vmcoreinfo.empty()) container.vmcoreinfo = vmcoreinfo_note(container.notes);
}

/// How many bits are set in frames [begin, end) of the bitmap of dumped pages.
uint64_t dumped_frames(const FileView& file, uint64_t bitmap, FrameRange frames) {
  std::vector<uint8_t> bytes((frames.end + 7) / 8 - frames.begin / 8);
  if (!file.read(bitmap + frames.begin / 8, std::as_writable_bytes(std::span(bytes)))) return 0;
  uint64_t count = 0;
  for (uint64_t frame = frames.begin; frame < frames.end; ++frame) {
    count += (bytes[frame / 8 - frames.begin / 8] >> (frame % 8)) & 1U;
  }
  return count;
}

SplitPart split_part(const std::shared_ptr<const FileView>& file, const KdumpHeader& header,
                     const Container& container) {
  SplitPart part;
  part.frames = {header.start_pfn, header.end_pfn};
  part.max_frame = header.max_pfn;
  part.identity = fmt::format("{} {} {} {} {}", header.node_and_version, header.timestamp,
                              header.max_pfn, header.dump_level, container.vmcoreinfo);
  part.dumped = [file, bitmap = header.bitmaps_offset + header.bitmap_size](FrameRange frames) {
    return dumped_frames(*file, bitmap, frames);
  };
  return part;
}

}  // namespace

Result<Container> open_kdump(const std::shared_ptr<const FileView>& view, bool cut) {
  auto header = read_kdump_header(*view);
  if (!header) return std::unexpected(header.error());
  auto reader = KdumpReader::open(*view);
  if (!reader) return std::unexpected(reader.error());

  auto file = std::make_shared<KdumpFile>();
  file->view = view;
  file->descriptors_offset = header->descriptors_offset;
  auto frames = (*reader)->stored_frames();
  if (!frames) return fail(fmt::format("{}: {}", view->name(), frames.error().message));
  file->frames = std::move(*frames);
  file->truncated = cut || header->incomplete() || ends_early(*file);

  Container container;
  container.format = "kdump";
  container.compression = compression_of(*header, *file);
  container.truncated = file->truncated;
  container.dump_level = header->dump_level;
  container.timestamp = header->timestamp;
  container.phys_base = header->phys_base;
  read_notes(*view, *header, container);
  const uint64_t ram = (*reader)->ram_frames();
  if (header->split) {
    container.part = split_part(view, *header, container);
    container.part->ram_frames = ram;
  }
  uint64_t stored = 0;
  for (const FrameRun& run : file->frames) stored += run.end - run.begin;
  container.excluded_pages = ram > stored ? ram - stored : 0;
  container.memory = std::make_unique<KdumpMemory>(std::move(file), std::move(*reader));
  for (const PhysicalRange& range : container.memory->ranges()) {
    container.present_bytes += range.end - range.begin;
  }
  return container;
}

}  // namespace kmortem::dump
