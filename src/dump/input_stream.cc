// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/input_stream.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace kmortem::dump {

namespace {
constexpr size_t kHeadSize = 64;
}

DescriptorStream::~DescriptorStream() {
  close(fd_);
}

size_t DescriptorStream::read(std::span<std::byte> out) {
  size_t done = 0;
  while (done < out.size() && !failed_) {
    const ssize_t got = ::read(fd_, out.data() + done, out.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) break;
    if (got < 0) {
      failed_ = true;
    } else {
      done += static_cast<size_t>(got);
    }
  }
  return done;
}

PeekedStream::PeekedStream(std::unique_ptr<InputStream> inner)
    : inner_(std::move(inner)), head_(kHeadSize) {
  head_.resize(inner_->read(head_));
}

size_t PeekedStream::read(std::span<std::byte> out) {
  const size_t from_head = std::min(head_.size() - used_, out.size());
  std::ranges::copy(head().first(from_head), out.begin());
  used_ += from_head;
  if (from_head == out.size()) return from_head;
  return from_head + inner_->read(out.subspan(from_head));
}

}  // namespace kmortem::dump
