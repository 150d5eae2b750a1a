// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/archives.h"

#include <bzlib.h>
#include <gtest/gtest.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

namespace kmortem::test {

namespace {

size_t pack_gzip(std::span<const std::byte> in, std::span<std::byte> out) {
  z_stream stream = {};
  EXPECT_EQ(deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  const size_t size = stream.total_out;
  deflateEnd(&stream);
  return size;
}

size_t pack_xz(std::span<const std::byte> in, std::span<std::byte> out) {
  size_t size = 0;
  EXPECT_EQ(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, nullptr,
                                    reinterpret_cast<const uint8_t*>(in.data()), in.size(),
                                    reinterpret_cast<uint8_t*>(out.data()), &size, out.size()),
            LZMA_OK);
  return size;
}

size_t pack_bzip2(std::span<const std::byte> in, std::span<std::byte> out) {
  auto size = static_cast<unsigned>(out.size());
  EXPECT_EQ(BZ2_bzBuffToBuffCompress(reinterpret_cast<char*>(out.data()), &size,
                                     reinterpret_cast<char*>(const_cast<std::byte*>(in.data())),
                                     static_cast<unsigned>(in.size()), 1, 0, 0),
            BZ_OK);
  return size;
}

}  // namespace

std::vector<std::byte> pack(std::string_view archive, std::span<const std::byte> bytes) {
  std::vector<std::byte> out(bytes.size() + bytes.size() / 8 + 65536);
  size_t size = 0;
  if (archive == "gzip") size = pack_gzip(bytes, out);
  if (archive == "xz") size = pack_xz(bytes, out);
  if (archive == "bzip2") size = pack_bzip2(bytes, out);
  if (archive == "zstd") {
    // With a checksum, as the tool zstd writes it.
    ZSTD_CCtx* context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    size = ZSTD_compress2(context, out.data(), out.size(), bytes.data(), bytes.size());
    ZSTD_freeCCtx(context);
  }
  if (archive == "lz4") {
    size = LZ4F_compressFrame(out.data(), out.size(), bytes.data(), bytes.size(), nullptr);
  }
  EXPECT_GT(size, 0u);
  EXPECT_LE(size, out.size());
  out.resize(size);
  return out;
}

}  // namespace kmortem::test
