// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/flattened.h"

#include <endian.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace kmortem::dump {

namespace {

constexpr char kSignature[16] = "makedumpfile";
constexpr uint64_t kHeaderSize = 4096;
constexpr uint64_t kInMemoryLimit = uint64_t{512} << 20;
// Larger than any machine's memory, small enough for every file system: an offset beyond it is
// damage, not data.
constexpr uint64_t kLargestFile = uint64_t{1} << 44;
constexpr size_t kBufferSize = size_t{1} << 20;

// struct makedumpfile_header and makedumpfile_data_header, big-endian (makedumpfile.h).
struct StreamHeader {
  char signature[16];
  uint64_t type;
  uint64_t version;
};
struct Record {
  uint64_t offset;
  uint64_t size;
};
constexpr uint64_t kEndMarker = UINT64_MAX;

int anonymous_file(uint64_t stream_size, std::string& problem) {
  if (stream_size <= kInMemoryLimit) {
    const int fd = memfd_create("kmortem-flattened", MFD_CLOEXEC);
    if (fd >= 0) return fd;
  }
  const char* directory = getenv("TMPDIR");
  if (directory == nullptr || *directory == '\0') directory = "/tmp";
  const int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0) return fd;
  std::string pattern = fmt::format("{}/kmortem-XXXXXX", directory);
  const int named = mkostemp(pattern.data(), O_CLOEXEC);
  if (named < 0) {
    problem = fmt::format("cannot make a temporary file in {} (set TMPDIR): {}", directory,
                          strerror(errno));
    return -1;
  }
  unlink(pattern.c_str());
  return named;
}

/// Gathers records that follow each other, as nearly all do, into large writes.
class Writer {
 public:
  explicit Writer(int fd) : fd_(fd) { buffer_.reserve(kBufferSize); }

  bool append(uint64_t offset, std::span<const std::byte> data) {
    if (offset != start_ + buffer_.size() || buffer_.size() + data.size() > kBufferSize) {
      if (!flush()) return false;
      start_ = offset;
    }
    buffer_.insert(buffer_.end(), data.begin(), data.end());
    return true;
  }

  bool flush() {
    std::span<const std::byte> left = buffer_;
    uint64_t offset = start_;
    while (!left.empty()) {
      const ssize_t put = pwrite(fd_, left.data(), left.size(), static_cast<off_t>(offset));
      if (put < 0 && errno == EINTR) continue;
      if (put <= 0) return false;
      left = left.subspan(static_cast<size_t>(put));
      offset += static_cast<uint64_t>(put);
    }
    start_ += buffer_.size();
    buffer_.clear();
    return true;
  }

 private:
  int fd_;
  uint64_t start_ = 0;
  std::vector<std::byte> buffer_;
};

bool valid(const Record& record) {
  return record.size <= kLargestFile && record.offset <= kLargestFile - record.size;
}

/// Copies `size` bytes in buffer-sized pieces; the caller made sure that the stream has them.
bool copy_data(const FileView& stream, uint64_t from, uint64_t to, uint64_t size, Writer& writer) {
  std::vector<std::byte> piece(std::min<uint64_t>(size, kBufferSize));
  while (size > 0) {
    const auto part = std::span(piece).first(std::min<uint64_t>(size, kBufferSize));
    if (!stream.read(from, part) || !writer.append(to, part)) return false;
    from += part.size();
    to += part.size();
    size -= part.size();
  }
  return true;
}

enum class Outcome { complete, truncated, write_failed };

Outcome copy_records(const FileView& stream, Writer& writer) {
  uint64_t position = kHeaderSize;
  for (;;) {
    Record record;
    if (!stream.read_object(position, record)) return Outcome::truncated;
    record.offset = be64toh(record.offset);
    record.size = be64toh(record.size);
    if (record.offset == kEndMarker) return Outcome::complete;
    if (!valid(record)) return Outcome::truncated;
    position += sizeof record;
    // The last record of a stream that was cut counts as far as it goes.
    const uint64_t available = std::min(record.size, stream.size() - position);
    if (!copy_data(stream, position, record.offset, available, writer)) {
      return Outcome::write_failed;
    }
    if (available < record.size) return Outcome::truncated;
    position += record.size;
  }
}

}  // namespace

bool is_flattened(const FileView& file) {
  StreamHeader header;
  return file.read_object(0, header) &&
         memcmp(header.signature, kSignature, sizeof kSignature) == 0;
}

Result<Rearranged> rearrange(const FileView& stream) {
  StreamHeader header;
  if (!stream.read_object(0, header) || be64toh(header.type) != 1 || be64toh(header.version) != 1) {
    return fail(fmt::format("{}: a flattened dump of an unknown version; try makedumpfile -R",
                            stream.name()));
  }
  std::string problem;
  const int fd = anonymous_file(stream.size(), problem);
  if (fd < 0) return fail(fmt::format("{}: {}", stream.name(), problem));

  Writer writer(fd);
  const Outcome outcome = copy_records(stream, writer);
  if (outcome == Outcome::write_failed || !writer.flush()) {
    const int error = errno;
    close(fd);
    return fail(fmt::format("{}: cannot rearrange the flattened dump (set TMPDIR): {}",
                            stream.name(), strerror(error)));
  }
  if (lseek(fd, 0, SEEK_END) == 0) {
    close(fd);
    return fail(fmt::format("{}: the flattened dump ends before its first record", stream.name()));
  }
  auto file = FileView::adopt(fd, stream.name());
  if (!file) return std::unexpected(file.error());
  return Rearranged{*file, outcome == Outcome::truncated};
}

}  // namespace kmortem::dump
