// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/flattened.h"

#include <endian.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "dump/spool.h"

namespace kmortem::dump {

namespace {

constexpr char kSignature[16] = "makedumpfile";
constexpr uint64_t kHeaderSize = 4096;
// Larger than any machine's memory, small enough for every file system: an offset beyond it is
// damage, not data.
constexpr uint64_t kLargestFile = uint64_t{1} << 44;
constexpr size_t kPieceSize = size_t{256} << 10;

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

bool valid(const Record& record) {
  return record.size <= kLargestFile && record.offset <= kLargestFile - record.size;
}

/// Copies a record's data, as much of it as the stream still has; false when it has less.
Result<bool> copy_data(InputStream& stream, const Record& record, std::span<std::byte> piece,
                       Spool& spool) {
  for (uint64_t done = 0; done < record.size;) {
    const auto part = piece.first(std::min<uint64_t>(record.size - done, piece.size()));
    const size_t got = stream.read(part);
    if (auto put = spool.write(record.offset + done, part.first(got)); !put) {
      return std::unexpected(put.error());
    }
    if (got < part.size()) return false;
    done += got;
  }
  return true;
}

/// True when the end marker was met, false when the stream ends or makes no sense before it.
Result<bool> copy_records(InputStream& stream, Spool& spool) {
  std::vector<std::byte> piece(kPieceSize);
  for (;;) {
    Record record;
    const auto bytes = std::as_writable_bytes(std::span(&record, 1));
    if (stream.read(bytes) < bytes.size()) return false;
    record.offset = be64toh(record.offset);
    record.size = be64toh(record.size);
    if (record.offset == kEndMarker) return true;
    if (!valid(record)) return false;
    const auto copied = copy_data(stream, record, piece, spool);
    if (!copied || !*copied) return copied;
  }
}

}  // namespace

bool is_flattened(std::span<const std::byte> head) {
  return head.size() >= sizeof(StreamHeader) &&
         memcmp(head.data(), kSignature, sizeof kSignature) == 0;
}

Result<Rearranged> rearrange(InputStream& stream, const std::string& name) {
  std::array<std::byte, kHeaderSize> room;
  StreamHeader header = {};
  const size_t got = stream.read(room);
  memcpy(&header, room.data(), sizeof header);
  if (got < sizeof header || be64toh(header.type) != 1 || be64toh(header.version) != 1) {
    return fail(
        fmt::format("{}: a flattened dump of an unknown version; try makedumpfile -R", name));
  }
  Spool spool(name);
  const auto complete = copy_records(stream, spool);
  if (!complete) return std::unexpected(complete.error());
  if (spool.size() == 0) {
    return fail(fmt::format("{}: the flattened dump ends before its first record", name));
  }
  auto file = spool.finish();
  if (!file) return std::unexpected(file.error());
  return Rearranged{*file, !*complete};
}

}  // namespace kmortem::dump
