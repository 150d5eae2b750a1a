// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/flattened.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "dump/containers.h"
#include "dump/temp_file.h"

namespace kmortem::dump {
namespace {

using test::append_record;
using test::Bytes;
using test::flatten;
using test::stream_header;
using test::TempFile;

Result<Rearranged> rearrange_bytes(std::span<const std::byte> stream) {
  const TempFile file(stream);
  PeekedStream input(
      std::make_unique<DescriptorStream>(::open(file.path().c_str(), O_RDONLY | O_CLOEXEC)));
  EXPECT_TRUE(is_flattened(input.head()));
  return rearrange(input, file.path());
}

std::vector<std::byte> content(const FileView& file) {
  std::vector<std::byte> bytes(file.size());
  EXPECT_TRUE(file.read(0, bytes));
  return bytes;
}

std::vector<std::byte> sample(size_t size) {
  std::vector<std::byte> bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>((i * 7 + i / 251) & 0xff);
  return bytes;
}

TEST(FlattenedTest, PutsRecordsBackInOrder) {
  const auto bytes = sample(3'000'001);
  for (const uint64_t record : {100ul, 4096ul, 1'500'000ul, 5'000'000ul}) {
    const auto rearranged = rearrange_bytes(flatten(bytes, record));
    ASSERT_TRUE(rearranged);
    EXPECT_FALSE(rearranged->truncated);
    EXPECT_TRUE(content(*rearranged->file) == bytes) << record;
  }
}

TEST(FlattenedTest, ALaterRecordOverwrites) {
  Bytes stream = stream_header();
  append_record(stream, 0, 8, sample(8));
  const std::vector<std::byte> other(4, std::byte{0xee});
  append_record(stream, 2, 4, other);
  append_record(stream, UINT64_MAX, UINT64_MAX, {});
  const auto rearranged = rearrange_bytes(stream.data());
  ASSERT_TRUE(rearranged);
  auto expected = sample(8);
  std::ranges::copy(other, expected.begin() + 2);
  EXPECT_EQ(content(*rearranged->file), expected);
}

TEST(FlattenedTest, KeepsWhatATruncatedStreamHas) {
  const auto bytes = sample(5000);
  const auto stream = flatten(bytes, 1000);
  for (size_t size = 4096 + 16 + 1; size < stream.size(); size += 97) {
    const auto rearranged = rearrange_bytes(std::span(stream).first(size));
    ASSERT_TRUE(rearranged) << size;
    EXPECT_TRUE(rearranged->truncated);
    // The stream begins with the second thousand.
    const auto got = content(*rearranged->file);
    for (size_t i = 1000; i < got.size() && i < 1000 + size - 4096 - 16 && i < 2000; ++i) {
      ASSERT_EQ(got[i], bytes[i]) << size;
    }
  }
}

TEST(FlattenedTest, NothingAfterTheHeaderIsAnError) {
  const auto rearranged = rearrange_bytes(stream_header().data());
  ASSERT_FALSE(rearranged);
  EXPECT_THAT(rearranged.error().message, testing::HasSubstr("before its first record"));
}

TEST(FlattenedTest, ImpossibleRecordsEndTheStream) {
  const struct {
    uint64_t offset, size;
  } hostile[] = {{0, UINT64_MAX},
                 {UINT64_MAX - 1, 16},
                 {uint64_t{1} << 62, 16},
                 {16, uint64_t{1} << 63},
                 {uint64_t{1} << 44, 1}};
  for (const auto& record : hostile) {
    Bytes stream = stream_header();
    append_record(stream, 0, 16, sample(16));
    append_record(stream, record.offset, record.size, sample(16));
    const auto rearranged = rearrange_bytes(stream.data());
    ASSERT_TRUE(rearranged) << record.offset;
    EXPECT_TRUE(rearranged->truncated);
    EXPECT_EQ(content(*rearranged->file), sample(16));
  }
}

TEST(FlattenedTest, RefusesVersionsItDoesNotKnow) {
  Bytes stream = stream_header();
  stream.put(24, htobe64(2));
  append_record(stream, 0, 16, sample(16));
  EXPECT_FALSE(rearrange_bytes(stream.data()));
}

}  // namespace
}  // namespace kmortem::dump
