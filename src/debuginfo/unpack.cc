// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/unpack.h"

#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <array>
#include <cerrno>
#include <vector>

#include "debuginfo/anonymous_file.h"

namespace kmortem::debuginfo {

namespace {

// No kernel's debug information comes near; a bomb has to end somewhere.
constexpr uint64_t kLargestFile = uint64_t{8} << 30;
constexpr size_t kChunk = size_t{1} << 20;
// Debug information shrinks to a quarter or a fifth.
constexpr uint64_t kUsualRatio = 5;

/// A packed file's bytes, a chunk at a time.
class Input {
 public:
  explicit Input(const Descriptor& file) : file_(file), buffer_(kChunk) {}

  /// What is left of the chunk, or the next one; empty at the end of the file.
  std::span<const std::byte> rest() {
    if (at_ == filled_) refill();
    return std::span(buffer_).subspan(at_, filled_ - at_);
  }
  void take(size_t count) { at_ += count; }

  /// Whether another frame of the same kind follows: its signature may lie across two chunks.
  bool continues_with(Compression compression) const {
    std::array<std::byte, 8> head = {};
    const auto at = offset_ - static_cast<off_t>(filled_ - at_);
    const ssize_t got = ::pread(file_.get(), head.data(), head.size(), at);
    return got > 0 &&
           compression_of(std::span(head).first(static_cast<size_t>(got))) == compression;
  }

 private:
  void refill() {
    ssize_t got = 0;
    do {
      got = ::pread(file_.get(), buffer_.data(), buffer_.size(), offset_);
    } while (got < 0 && errno == EINTR);
    at_ = 0;
    filled_ = got > 0 ? static_cast<size_t>(got) : 0;
    offset_ += static_cast<off_t>(filled_);
  }

  const Descriptor& file_;
  std::vector<std::byte> buffer_;
  size_t at_ = 0;
  size_t filled_ = 0;
  off_t offset_ = 0;
};

uint64_t likely_size(const Descriptor& packed) {
  struct stat status = {};
  return fstat(packed.get(), &status) == 0 ? static_cast<uint64_t>(status.st_size) * kUsualRatio
                                           : 0;
}

}  // namespace

Result<Descriptor> unpack(const Descriptor& packed, Compression compression) {
  auto file = make_anonymous_file(likely_size(packed));
  if (!file) return file;
  auto decoder = make_decoder(compression);
  Input input(packed);
  std::vector<std::byte> out(kChunk);
  uint64_t total = 0;
  while (decoder != nullptr) {
    const auto in = input.rest();
    const Decoder::Step step = decoder->step(in, out);
    if (step.state == Decoder::State::damaged) return fail("is compressed, and damaged");
    if (step.taken == 0 && step.made == 0 && in.empty()) return fail("is compressed, and cut off");
    if (auto written = append(*file, std::span(out).first(step.made)); !written) {
      return std::unexpected(written.error());
    }
    input.take(step.taken);
    total += step.made;
    if (total > kLargestFile) return fail("unpacks to more than 8 GB");
    if (step.state != Decoder::State::frame_ended) continue;
    // Zeros or anything else behind the last frame (xz pads, some tools sign) mean nothing.
    if (!input.continues_with(compression)) return file;
    decoder = make_decoder(compression);
  }
  return fail("is compressed, and there is no memory to unpack it");
}

bool unpack_zstd(std::span<const std::byte> frame, std::span<std::byte> out) {
  const size_t made = ZSTD_decompress(out.data(), out.size(), frame.data(), frame.size());
  return ZSTD_isError(made) == 0 && made == out.size();
}

}  // namespace kmortem::debuginfo
