// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace kmortem {

/// What a dump or debug information may be packed in, recognised by its first bytes.
enum class Compression : uint8_t { none, gzip, xz, zstd, bzip2, lz4 };

Compression compression_of(std::span<const std::byte> head);

/// "gzip", "xz", "zstd", "bzip2", "lz4".
std::string_view archive_name(Compression compression);

/// One of those libraries' streaming decompressors.
class Decoder {
 public:
  enum class State : uint8_t { more, frame_ended, damaged };
  struct Step {
    size_t taken = 0;
    size_t made = 0;
    State state = State::more;
  };

  virtual ~Decoder() = default;

  /// Goes on as far as `in` and `out` allow.
  virtual Step step(std::span<const std::byte> in, std::span<std::byte> out) = 0;
};

/// A decoder for one frame (gzip member, xz stream); null when memory runs out.
std::unique_ptr<Decoder> make_decoder(Compression compression);

}  // namespace kmortem
