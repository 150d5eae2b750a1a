// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/spool.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/checked.h"
#include "dump/physical_memory.h"

namespace kmortem::dump {

namespace {

constexpr size_t kBufferSize = size_t{1} << 20;
// A dump's holes: memory that was never used. More of them than this for the room that there is
// is an archive made to fill disks and time.
constexpr uint64_t kHolesAnyway = uint64_t{64} << 30;
constexpr uint64_t kHolesPerFreeByte = 16;

std::string temporary_folder() {
  const char* folder = getenv("TMPDIR");
  return folder == nullptr || *folder == '\0' ? "/tmp" : folder;
}

uint64_t free_space(const std::string& folder) {
  struct statvfs status = {};
  if (statvfs(folder.c_str(), &status) != 0) return 0;
  return checked_mul(status.f_bavail, status.f_frsize).value_or(UINT64_MAX);
}

int unlinked_file(const std::string& folder) {
  const int fd = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0) return fd;
  std::string pattern = fmt::format("{}/kmortem-XXXXXX", folder);
  const int named = mkostemp(pattern.data(), O_CLOEXEC);
  if (named >= 0) unlink(pattern.c_str());
  return named;
}

bool all_zero(std::span<const std::byte> bytes) {
  return bytes.empty() || (bytes[0] == std::byte{0} &&
                           memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

bool write_all(int fd, uint64_t offset, std::span<const std::byte> data) {
  while (!data.empty()) {
    const ssize_t put = pwrite(fd, data.data(), data.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    data = data.subspan(static_cast<size_t>(put));
    offset += static_cast<uint64_t>(put);
  }
  return true;
}

/// Copies what `from` holds, hole by hole.
bool copy_stored(int from, int to) {
  std::vector<std::byte> piece(kBufferSize);
  off_t at = 0;
  while ((at = lseek(from, at, SEEK_DATA)) >= 0) {
    const off_t end = lseek(from, at, SEEK_HOLE);
    while (at < end) {
      const ssize_t got =
          pread(from, piece.data(), std::min(piece.size(), static_cast<size_t>(end - at)), at);
      if (got <= 0) return false;
      if (!write_all(to, static_cast<uint64_t>(at),
                     std::span(piece).first(static_cast<size_t>(got)))) {
        return false;
      }
      at += got;
    }
  }
  return errno == ENXIO;  // no data behind the last hole
}

}  // namespace

Spool::Spool(std::string name, SpoolLimits limits)
    : name_(std::move(name)), limits_(std::move(limits)) {
  if (limits_.folder.empty()) limits_.folder = temporary_folder();
  if (limits_.free_room == 0) limits_.free_room = free_space(limits_.folder);
  if (limits_.largest == 0) {
    limits_.largest =
        kHolesAnyway + std::min(limits_.free_room, UINT64_MAX >> 8) * kHolesPerFreeByte;
  }
  fd_ = memfd_create("kmortem-dump", MFD_CLOEXEC);
  buffer_.reserve(kBufferSize);
}

Spool::~Spool() {
  if (fd_ >= 0) close(fd_);
}

Result<void> Spool::write(uint64_t offset, std::span<const std::byte> data) {
  const auto end = checked_add(offset, data.size());
  if (!end || *end > limits_.largest) {
    return fail(
        fmt::format("{}: unpacks to more than {} GiB, which the room in {} does not allow; "
                    "unpack it first, or set TMPDIR to a larger file system",
                    name_, limits_.largest >> 30, limits_.folder));
  }
  if (offset != buffer_at_ + buffer_.size() || buffer_.size() + data.size() > kBufferSize) {
    if (auto done = flush(); !done) return done;
    buffer_at_ = offset;
  }
  buffer_.insert(buffer_.end(), data.begin(), data.end());
  size_ = std::max(size_, *end);
  return {};
}

Result<void> Spool::flush() {
  std::span<const std::byte> left = buffer_;
  uint64_t at = buffer_at_;
  while (!left.empty()) {
    // Zeros may only be left out where nothing has been written before.
    size_t run = 0;
    bool zero = false;
    while (run < left.size()) {
      const auto page = left.subspan(run, std::min<size_t>(kPageSize, left.size() - run));
      const bool page_zero = at + run >= written_end_ && all_zero(page);
      if (run > 0 && page_zero != zero) break;
      zero = page_zero;
      run += page.size();
    }
    if (!zero) {
      if (auto done = store(at, left.first(run)); !done) return done;
    }
    left = left.subspan(run);
    at += run;
  }
  buffer_at_ += buffer_.size();
  buffer_.clear();
  return {};
}

Result<void> Spool::store(uint64_t offset, std::span<const std::byte> data) {
  if (auto room = make_room(data.size()); !room) return room;
  if (!write_all(fd_, offset, data)) return no_room();
  written_end_ = std::max(written_end_, offset + data.size());
  stored_ += data.size();
  return {};
}

Result<void> Spool::make_room(uint64_t more) {
  if (!in_folder_ && (fd_ < 0 || stored_ + more > limits_.in_memory)) {
    if (auto moved = move_to_folder(); !moved) return moved;
  }
  if (in_folder_ && stored_ + more > limits_.free_room / 10 * 9) return no_room();
  return {};
}

Result<void> Spool::move_to_folder() {
  const int fd = unlinked_file(limits_.folder);
  if (fd < 0) {
    return fail(fmt::format("{}: cannot make a temporary file in {} (set TMPDIR): {}", name_,
                            limits_.folder, strerror(errno)));
  }
  const bool copied = fd_ < 0 || copy_stored(fd_, fd);
  if (fd_ >= 0) close(fd_);
  fd_ = fd;
  in_folder_ = true;
  return copied ? Result<void>{} : no_room();
}

std::unexpected<Error> Spool::no_room() const {
  return fail(
      fmt::format("{}: unpacked it takes more room than {} has; unpack it first, or set "
                  "TMPDIR to a larger file system",
                  name_, limits_.folder));
}

Result<std::shared_ptr<const FileView>> Spool::finish() {
  if (auto done = flush(); !done) return std::unexpected(done.error());
  if (fd_ < 0) {
    if (auto moved = move_to_folder(); !moved) return std::unexpected(moved.error());
  }
  if (ftruncate(fd_, static_cast<off_t>(size_)) != 0) return no_room();
  return FileView::adopt(std::exchange(fd_, -1), name_);
}

}  // namespace kmortem::dump
