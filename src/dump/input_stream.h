// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace kmortem::dump {

/// Bytes that come one after the other: a pipe, a file from where it stands, or what a
/// decompressor makes of another stream.
class InputStream {
 public:
  virtual ~InputStream() = default;

  /// Fills `out`; returns less than out.size() only where the stream ends.
  virtual size_t read(std::span<std::byte> out) = 0;

  /// The end came too early: an archive that was cut or is damaged, a disk that failed. Known once
  /// read() has returned less than it was asked for.
  virtual bool cut() const = 0;
};

/// What read() of an open descriptor gives; closes it in the end.
class DescriptorStream : public InputStream {
 public:
  explicit DescriptorStream(int fd) : fd_(fd) {}
  DescriptorStream(const DescriptorStream&) = delete;
  DescriptorStream& operator=(const DescriptorStream&) = delete;
  ~DescriptorStream() override;

  size_t read(std::span<std::byte> out) override;
  bool cut() const override { return failed_; }

 private:
  int fd_;
  bool failed_ = false;
};

/// A stream whose beginning can be looked at before it is read.
class PeekedStream : public InputStream {
 public:
  explicit PeekedStream(std::unique_ptr<InputStream> inner);

  /// The first bytes, 64 at most; fewer when the stream is shorter. Only before the first read().
  std::span<const std::byte> head() const { return std::span(head_).subspan(used_); }

  size_t read(std::span<std::byte> out) override;
  bool cut() const override { return inner_->cut(); }

 private:
  std::unique_ptr<InputStream> inner_;
  std::vector<std::byte> head_;
  size_t used_ = 0;
};

}  // namespace kmortem::dump
