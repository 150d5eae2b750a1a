// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <vector>

#include "base/decoder.h"
#include "dump/input_stream.h"

namespace kmortem::dump {

/// What a compressed stream unpacks to: all its frames, one after the other. Gives everything up
/// to where the stream was cut or is damaged; what follows the last frame and is none is ignored,
/// as gzip does.
class DecodedStream : public InputStream {
 public:
  DecodedStream(std::unique_ptr<InputStream> packed, Compression compression);

  size_t read(std::span<std::byte> out) override;
  bool cut() const override { return cut_; }

 private:
  bool refill();
  bool next_frame();
  std::span<const std::byte> waiting() const { return std::span(buffer_).subspan(used_); }

  std::unique_ptr<InputStream> packed_;
  Compression compression_;
  std::unique_ptr<Decoder> decoder_;
  std::vector<std::byte> buffer_;
  size_t used_ = 0;
  bool packed_ended_ = false;
  bool ended_ = false;
  bool cut_ = false;
};

}  // namespace kmortem::dump
