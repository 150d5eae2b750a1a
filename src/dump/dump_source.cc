// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/dump_source.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "dump/decoded_stream.h"
#include "dump/flattened.h"
#include "dump/input_stream.h"
#include "dump/spool.h"

namespace kmortem::dump {

namespace {

// An archive in an archive happens; five of them are a riddle.
constexpr size_t kMostLayers = 4;
constexpr size_t kPieceSize = size_t{256} << 10;

/// A stream is read to its end, so waiting for it is what is wanted; what has no writer yet gets
/// one, as with cat.
void wait_for_writer(int fd) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags >= 0) fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
  pollfd waiting = {fd, POLLIN, 0};
  while (poll(&waiting, 1, -1) < 0 && errno == EINTR) {
  }
}

Result<void> copy(InputStream& stream, Spool& spool) {
  std::vector<std::byte> piece(kPieceSize);
  for (;;) {
    const size_t got = stream.read(piece);
    const auto done = spool.write(spool.size(), std::span(piece).first(got));
    if (!done || got < piece.size()) return done;
  }
}

Result<void> spool(InputStream& stream, const std::string& name, DumpSource& source) {
  Spool spool(name);
  if (auto done = copy(stream, spool); !done) return done;
  source.truncated = source.truncated || stream.cut();
  if (spool.size() == 0) {
    return fail(source.packed_in.empty()
                    ? fmt::format("{}: nothing came from it", name)
                    : fmt::format("{}: nothing in it can be unpacked; it is damaged, or no {} file",
                                  name, source.packed_in.back()));
  }
  auto file = spool.finish();
  if (!file) return std::unexpected(file.error());
  source.file = std::move(*file);
  return {};
}

Result<DumpSource> unpack(int fd, const std::string& name, DumpSource source) {
  auto stream = std::make_unique<PeekedStream>(std::make_unique<DescriptorStream>(fd));
  Compression compression = compression_of(stream->head());
  while (compression != Compression::none) {
    if (source.packed_in.size() == kMostLayers) {
      return fail(fmt::format("{}: an archive in {} archives; unpack it first", name, kMostLayers));
    }
    source.packed_in.emplace_back(archive_name(compression));
    stream = std::make_unique<PeekedStream>(
        std::make_unique<DecodedStream>(std::move(stream), compression));
    compression = compression_of(stream->head());
  }
  if (is_flattened(stream->head())) {
    auto rearranged = rearrange(*stream, name);
    if (!rearranged) return std::unexpected(rearranged.error());
    source.flattened = true;
    source.truncated = rearranged->truncated || stream->cut();
    source.file = std::move(rearranged->file);
  } else if (auto done = spool(*stream, name, source); !done) {
    return std::unexpected(done.error());
  }
  return source;
}

bool must_be_unpacked(int fd) {
  std::array<std::byte, 64> bytes;
  const ssize_t got = pread(fd, bytes.data(), bytes.size(), 0);
  const auto head = std::span(bytes).first(got > 0 ? static_cast<size_t>(got) : 0);
  return compression_of(head) != Compression::none || is_flattened(head);
}

Result<DumpSource> open_descriptor(int fd, const std::string& name) {
  DumpSource source;
  struct stat status = {};
  if (fstat(fd, &status) != 0) status.st_mode = 0;
  if (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode)) {
    source.piped = true;
    wait_for_writer(fd);
    return unpack(fd, name, std::move(source));
  }
  source.size = static_cast<uint64_t>(status.st_size);
  if (S_ISREG(status.st_mode) && must_be_unpacked(fd)) {
    lseek(fd, 0, SEEK_SET);
    return unpack(fd, name, std::move(source));
  }
  auto file = FileView::adopt(fd, name);
  if (!file) return std::unexpected(file.error());
  source.file = std::move(*file);
  return source;
}

Result<DumpSource> open_standard_input() {
  constexpr const char* kName = "standard input";
  if (isatty(STDIN_FILENO) == 1) {
    return fail(fmt::format("{}: a terminal; pipe a dump into it", kName));
  }
  const int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
  if (fd < 0) return fail(fmt::format("{}: cannot read: {}", kName, strerror(errno)));
  return open_descriptor(fd, kName);
}

}  // namespace

Result<DumpSource> open_source(const std::string& path) {
  if (path == "-") return open_standard_input();
  const auto fd = FileView::open_descriptor(path);
  if (!fd) return std::unexpected(fd.error());
  return open_descriptor(*fd, path);
}

bool names_a_dump(const std::string& path) {
  if (path == "-") return true;
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0) return false;
  if (S_ISFIFO(status.st_mode)) return true;
  if (!S_ISREG(status.st_mode)) return false;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  std::array<char, 8> bytes = {};
  const ssize_t got = pread(fd, bytes.data(), bytes.size(), 0);
  const bool packed = must_be_unpacked(fd);
  close(fd);
  const std::string_view head(bytes.data(), got > 0 ? static_cast<size_t>(got) : 0);
  return packed || head.starts_with("\177ELF") || head.starts_with("KDUMP   ");
}

}  // namespace kmortem::dump
