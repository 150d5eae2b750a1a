// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/decoder.h"

#include <bzlib.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>

namespace kmortem {

namespace {

using namespace std::string_view_literals;
using Bytes = std::span<const std::byte>;

// zlib and bzip2 count in 32 bits.
constexpr size_t kLargestPiece = size_t{1} << 30;
// xz -9 takes 65 MB; what asks for more than this is damage or malice.
constexpr uint64_t kXzMemory = uint64_t{2} << 30;

class GzipDecoder : public Decoder {
 public:
  GzipDecoder() { good_ = inflateInit2(&stream_, 15 + 16) == Z_OK; }  // 16: gzip's header
  ~GzipDecoder() override { inflateEnd(&stream_); }

  Step step(Bytes in, std::span<std::byte> out) override {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));
    stream_.avail_in = static_cast<uInt>(std::min(in.size(), kLargestPiece));
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(std::min(out.size(), kLargestPiece));
    const uInt had_in = stream_.avail_in;
    const uInt had_out = stream_.avail_out;
    const int status = good_ ? inflate(&stream_, Z_NO_FLUSH) : Z_MEM_ERROR;
    Step step{had_in - stream_.avail_in, had_out - stream_.avail_out};
    if (status == Z_STREAM_END) {
      step.state = State::frame_ended;
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      step.state = State::damaged;
    }
    return step;
  }

 private:
  z_stream stream_ = {};
  bool good_ = false;
};

class XzDecoder : public Decoder {
 public:
  XzDecoder() { good_ = lzma_stream_decoder(&stream_, kXzMemory, 0) == LZMA_OK; }
  ~XzDecoder() override { lzma_end(&stream_); }

  Step step(Bytes in, std::span<std::byte> out) override {
    stream_.next_in = reinterpret_cast<const uint8_t*>(in.data());
    stream_.avail_in = in.size();
    stream_.next_out = reinterpret_cast<uint8_t*>(out.data());
    stream_.avail_out = out.size();
    const lzma_ret status = good_ ? lzma_code(&stream_, LZMA_RUN) : LZMA_MEM_ERROR;
    Step step{in.size() - stream_.avail_in, out.size() - stream_.avail_out};
    if (status == LZMA_STREAM_END) {
      step.state = State::frame_ended;
    } else if (status != LZMA_OK && status != LZMA_BUF_ERROR) {
      step.state = State::damaged;
    }
    return step;
  }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool good_ = false;
};

class ZstdDecoder : public Decoder {
 public:
  ZstdDecoder() : stream_(ZSTD_createDCtx()) {
    // What `zstd --long=31` needs; the library's own limit is 27.
    if (stream_ != nullptr) ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, 31);
  }
  ZstdDecoder(const ZstdDecoder&) = delete;
  ZstdDecoder& operator=(const ZstdDecoder&) = delete;
  ~ZstdDecoder() override { ZSTD_freeDCtx(stream_); }

  Step step(Bytes in, std::span<std::byte> out) override {
    if (stream_ == nullptr) return {.state = State::damaged};
    ZSTD_inBuffer from{in.data(), in.size(), 0};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    const size_t left = ZSTD_decompressStream(stream_, &to, &from);
    Step step{from.pos, to.pos};
    if (ZSTD_isError(left) != 0) {
      step.state = State::damaged;
    } else if (left == 0) {
      step.state = State::frame_ended;
    }
    return step;
  }

 private:
  ZSTD_DCtx* stream_;
};

class Bzip2Decoder : public Decoder {
 public:
  Bzip2Decoder() { good_ = BZ2_bzDecompressInit(&stream_, 0, 0) == BZ_OK; }
  ~Bzip2Decoder() override { BZ2_bzDecompressEnd(&stream_); }

  Step step(Bytes in, std::span<std::byte> out) override {
    stream_.next_in = reinterpret_cast<char*>(const_cast<std::byte*>(in.data()));
    stream_.avail_in = static_cast<unsigned>(std::min(in.size(), kLargestPiece));
    stream_.next_out = reinterpret_cast<char*>(out.data());
    stream_.avail_out = static_cast<unsigned>(std::min(out.size(), kLargestPiece));
    const unsigned had_in = stream_.avail_in;
    const unsigned had_out = stream_.avail_out;
    const int status = good_ ? BZ2_bzDecompress(&stream_) : BZ_MEM_ERROR;
    Step step{had_in - stream_.avail_in, had_out - stream_.avail_out};
    if (status == BZ_STREAM_END) {
      step.state = State::frame_ended;
    } else if (status != BZ_OK) {
      step.state = State::damaged;
    }
    return step;
  }

 private:
  bz_stream stream_ = {};
  bool good_ = false;
};

class Lz4Decoder : public Decoder {
 public:
  Lz4Decoder() {
    if (LZ4F_isError(LZ4F_createDecompressionContext(&stream_, LZ4F_VERSION)) != 0) {
      stream_ = nullptr;
    }
  }
  Lz4Decoder(const Lz4Decoder&) = delete;
  Lz4Decoder& operator=(const Lz4Decoder&) = delete;
  ~Lz4Decoder() override { LZ4F_freeDecompressionContext(stream_); }

  Step step(Bytes in, std::span<std::byte> out) override {
    if (stream_ == nullptr) return {.state = State::damaged};
    size_t taken = in.size();
    size_t made = out.size();
    const size_t hint = LZ4F_decompress(stream_, out.data(), &made, in.data(), &taken, nullptr);
    // After an error the library has not set what it took and made.
    if (LZ4F_isError(hint) != 0) return {.state = State::damaged};
    return {taken, made, hint == 0 ? State::frame_ended : State::more};
  }

 private:
  LZ4F_dctx* stream_ = nullptr;
};

bool starts_skippable_frame(std::string_view text) {
  // Zstandard's (and LZ4's) skippable frames, 0x184D2A50 to ...5F: pzstd begins with one.
  return text.size() >= 4 && (static_cast<unsigned char>(text[0]) & 0xf0) == 0x50 &&
         text.substr(1, 3) == "\x2a\x4d\x18"sv;
}

}  // namespace

Compression compression_of(std::span<const std::byte> head) {
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  if (text.starts_with("\x1f\x8b"sv)) return Compression::gzip;
  if (text.starts_with("\xfd"
                       "7zXZ"sv)) {
    return Compression::xz;
  }
  if (text.starts_with("\x28\xb5\x2f\xfd"sv) || starts_skippable_frame(text)) {
    return Compression::zstd;
  }
  if (text.starts_with("BZh"sv)) return Compression::bzip2;
  if (text.starts_with("\x04\x22\x4d\x18"sv)) return Compression::lz4;
  return Compression::none;
}

std::string_view archive_name(Compression compression) {
  switch (compression) {
    case Compression::none:
      return "none";
    case Compression::gzip:
      return "gzip";
    case Compression::xz:
      return "xz";
    case Compression::zstd:
      return "zstd";
    case Compression::bzip2:
      return "bzip2";
    case Compression::lz4:
      return "lz4";
  }
  return "none";
}

std::unique_ptr<Decoder> make_decoder(Compression compression) {
  switch (compression) {
    case Compression::gzip:
      return std::make_unique<GzipDecoder>();
    case Compression::xz:
      return std::make_unique<XzDecoder>();
    case Compression::zstd:
      return std::make_unique<ZstdDecoder>();
    case Compression::bzip2:
      return std::make_unique<Bzip2Decoder>();
    case Compression::lz4:
      return std::make_unique<Lz4Decoder>();
    case Compression::none:
      break;
  }
  return nullptr;
}

}  // namespace kmortem
