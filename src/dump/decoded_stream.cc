// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/decoded_stream.h"

#include <utility>

namespace kmortem::dump {

namespace {
constexpr size_t kBufferSize = size_t{256} << 10;
constexpr size_t kLongestSignature = 6;
}  // namespace

DecodedStream::DecodedStream(std::unique_ptr<InputStream> packed, Compression compression)
    : packed_(std::move(packed)),
      compression_(compression),
      decoder_(make_decoder(compression)),
      ended_(decoder_ == nullptr) {}

/// Reads more behind what is waiting; false when there is no more.
bool DecodedStream::refill() {
  if (packed_ended_) return false;
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(used_));
  used_ = 0;
  const size_t kept = buffer_.size();
  buffer_.resize(kept + kBufferSize);
  const size_t got = packed_->read(std::span(buffer_).subspan(kept));
  buffer_.resize(kept + got);
  packed_ended_ = got < kBufferSize;
  return got > 0;
}

/// Goes on to the frame behind the one that ended; false when there is none.
bool DecodedStream::next_frame() {
  if (waiting().size() < kLongestSignature) refill();
  if (compression_of(waiting()) != compression_) {
    cut_ = packed_ended_ && packed_->cut();
    return false;
  }
  decoder_ = make_decoder(compression_);
  return decoder_ != nullptr;
}

size_t DecodedStream::read(std::span<std::byte> out) {
  size_t done = 0;
  while (done < out.size() && !ended_) {
    const Decoder::Step step = decoder_->step(waiting(), out.subspan(done));
    used_ += step.taken;
    done += step.made;
    if (step.state == Decoder::State::damaged) {
      ended_ = cut_ = true;
    } else if (step.state == Decoder::State::frame_ended) {
      ended_ = !next_frame();
    } else if (step.made == 0 && step.taken == 0 && !refill()) {
      ended_ = cut_ = true;
    }
  }
  return done;
}

}  // namespace kmortem::dump
