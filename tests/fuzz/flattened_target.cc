// SPDX-License-Identifier: GPL-3.0-or-later
// The stream of makedumpfile -F. What comes out must have each record's bytes at their place.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <span>

#include "dump/flattened.h"

namespace {

/// The fuzzer's bytes as a stream.
class BytesStream : public kmortem::dump::InputStream {
 public:
  explicit BytesStream(std::span<const std::byte> bytes) : rest_(bytes) {}

  size_t read(std::span<std::byte> out) override {
    const size_t size = std::min(out.size(), rest_.size());
    if (size != 0) std::memcpy(out.data(), rest_.data(), size);
    rest_ = rest_.subspan(size);
    return size;
  }
  bool cut() const override { return false; }

 private:
  std::span<const std::byte> rest_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace dump = kmortem::dump;
  const auto all = std::as_bytes(std::span(data, size));
  (void)dump::is_flattened(all.first(std::min<size_t>(size, 64)));
  BytesStream stream(all);
  auto result = dump::rearrange(stream, "flattened");
  if (!result) return 0;
  std::array<std::byte, 4096> bytes;
  const uint64_t length = result->file->size();
  for (const uint64_t at : {uint64_t{0}, length / 2, length - std::min<uint64_t>(length, 4096)}) {
    const auto part = std::span(bytes).first(std::min<uint64_t>(bytes.size(), length - at));
    if (!result->file->read(at, part)) abort();
  }
  if (result->file->read(length, std::span(bytes).first(1))) abort();
  return 0;
}
