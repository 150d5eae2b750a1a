// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/unpack.h"

#include <lzma.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "debuginfo/anonymous_file.h"

namespace kmortem::debuginfo {

namespace {

using namespace std::string_view_literals;

// No kernel's debug information comes near; a bomb has to end somewhere.
constexpr uint64_t kLargestFile = uint64_t{8} << 30;
constexpr size_t kChunk = size_t{1} << 20;
// xz -9e takes 65 MB to unpack.
constexpr uint64_t kXzMemory = uint64_t{1} << 30;
// Debug information shrinks to a quarter or a fifth.
constexpr uint64_t kUsualRatio = 5;

struct Progress {
  size_t taken = 0;
  size_t made = 0;
  bool ended = false;  ///< a frame, stream or member; another may follow
  bool damaged = false;
};

/// One library's streaming decompressor.
class Unpacker {
 public:
  virtual ~Unpacker() = default;
  virtual Progress step(std::span<const std::byte> in, std::span<std::byte> out) = 0;
};

class GzipUnpacker : public Unpacker {
 public:
  GzipUnpacker() { good_ = inflateInit2(&stream_, 15 + 16) == Z_OK; }  // 16: gzip's header
  ~GzipUnpacker() override { inflateEnd(&stream_); }

  Progress step(std::span<const std::byte> in, std::span<std::byte> out) override {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    const int status = good_ ? inflate(&stream_, Z_NO_FLUSH) : Z_MEM_ERROR;
    Progress progress{in.size() - stream_.avail_in, out.size() - stream_.avail_out};
    progress.ended = status == Z_STREAM_END;
    progress.damaged = !progress.ended && status != Z_OK && status != Z_BUF_ERROR;
    if (progress.ended) inflateReset(&stream_);
    return progress;
  }

 private:
  z_stream stream_ = {};
  bool good_ = false;
};

class XzUnpacker : public Unpacker {
 public:
  ~XzUnpacker() override { lzma_end(&stream_); }

  Progress step(std::span<const std::byte> in, std::span<std::byte> out) override {
    if (!open_ && lzma_stream_decoder(&stream_, kXzMemory, 0) != LZMA_OK) return {.damaged = true};
    open_ = true;
    stream_.next_in = reinterpret_cast<const uint8_t*>(in.data());
    stream_.avail_in = in.size();
    stream_.next_out = reinterpret_cast<uint8_t*>(out.data());
    stream_.avail_out = out.size();
    const lzma_ret status = lzma_code(&stream_, LZMA_RUN);
    Progress progress{in.size() - stream_.avail_in, out.size() - stream_.avail_out};
    progress.ended = status == LZMA_STREAM_END;
    progress.damaged = !progress.ended && status != LZMA_OK && status != LZMA_BUF_ERROR;
    if (progress.ended) open_ = false;
    return progress;
  }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool open_ = false;
};

class ZstdUnpacker : public Unpacker {
 public:
  Progress step(std::span<const std::byte> in, std::span<std::byte> out) override {
    if (stream_ == nullptr) return {.damaged = true};
    ZSTD_inBuffer from{in.data(), in.size(), 0};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    const size_t left = ZSTD_decompressStream(stream_.get(), &to, &from);
    Progress progress{from.pos, to.pos};
    progress.damaged = ZSTD_isError(left) != 0;
    progress.ended = left == 0;
    return progress;
  }

 private:
  std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> stream_{ZSTD_createDCtx(), ZSTD_freeDCtx};
};

std::unique_ptr<Unpacker> unpacker_for(Packing packing) {
  if (packing == Packing::gzip) return std::make_unique<GzipUnpacker>();
  if (packing == Packing::xz) return std::make_unique<XzUnpacker>();
  return std::make_unique<ZstdUnpacker>();
}

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

Packing packing_of(std::span<const std::byte> head) {
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  if (text.starts_with("\x1f\x8b"sv)) return Packing::gzip;
  if (text.starts_with("\xfd\x37zXZ"sv)) return Packing::xz;
  if (text.starts_with("\x28\xb5\x2f\xfd"sv)) return Packing::zstd;
  return Packing::none;
}

Result<Descriptor> unpack(const Descriptor& packed, Packing packing) {
  auto file = make_anonymous_file(likely_size(packed));
  if (!file) return file;
  const auto unpacker = unpacker_for(packing);
  Input input(packed);
  std::vector<std::byte> out(kChunk);
  uint64_t total = 0;
  bool ended = false;
  for (;;) {
    const auto in = input.rest();
    // Zeros or anything else behind the last frame (xz pads, some tools sign) mean nothing.
    if (ended && packing_of(in) != packing) return file;
    const Progress progress = unpacker->step(in, out);
    if (progress.damaged) return fail("is compressed, and damaged");
    if (progress.taken == 0 && progress.made == 0 && in.empty()) {
      return fail("is compressed, and cut off");
    }
    if (auto written = append(*file, std::span(out).first(progress.made)); !written) {
      return std::unexpected(written.error());
    }
    input.take(progress.taken);
    ended = progress.ended;
    total += progress.made;
    if (total > kLargestFile) return fail("unpacks to more than 8 GB");
  }
}

bool unpack_zstd(std::span<const std::byte> frame, std::span<std::byte> out) {
  const size_t made = ZSTD_decompress(out.data(), out.size(), frame.data(), frame.size());
  return ZSTD_isError(made) == 0 && made == out.size();
}

}  // namespace kmortem::debuginfo
