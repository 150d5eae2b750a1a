// SPDX-License-Identifier: GPL-3.0-or-later
// The stream of makedumpfile -F. What comes out must have each record's bytes at their place.
#include <algorithm>
#include <array>
#include <cstddef>

#include "dump/flattened.h"
#include "memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace dump = kmortem::dump;
  const kmortem::test::MemoryFile file(data, size);
  const auto stream = file.view();
  if (stream == nullptr) return 0;
  (void)dump::is_flattened(*stream);
  auto result = dump::rearrange(*stream);
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
