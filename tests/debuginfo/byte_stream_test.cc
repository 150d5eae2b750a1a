// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/byte_stream.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace kmortem::debuginfo {
namespace {

TEST(ByteStream, RoundTrip) {
  ByteWriter writer;
  const uint64_t numbers[] = {0, 1, 127, 128, 300, UINT32_MAX, UINT64_MAX};
  const int64_t signed_numbers[] = {0, -1, 1, 63, -64, INT64_MIN, INT64_MAX};
  for (uint64_t number : numbers) writer.number(number);
  for (int64_t number : signed_numbers) writer.signed_number(number);
  writer.text("");
  writer.text(std::string_view("a\0b", 3));

  ByteReader reader(writer.bytes());
  for (uint64_t number : numbers) EXPECT_EQ(reader.number(), number);
  for (int64_t number : signed_numbers) EXPECT_EQ(reader.signed_number(), number);
  EXPECT_EQ(reader.text(), "");
  EXPECT_EQ(reader.text(), std::string_view("a\0b", 3));
  EXPECT_TRUE(reader.at_end());
}

TEST(ByteStream, CutOff) {
  ByteWriter writer;
  writer.text("twelve bytes");
  for (size_t size = 0; size < writer.bytes().size(); ++size) {
    ByteReader reader(writer.bytes().first(size));
    EXPECT_EQ(reader.text(), "");
    EXPECT_FALSE(reader.ok());
    EXPECT_EQ(reader.number(), 0u);
    EXPECT_FALSE(reader.at_end());
  }
}

TEST(ByteStream, CountThatCannotBe) {
  ByteWriter writer;
  writer.number(1u << 30);
  ByteReader reader(writer.bytes());
  EXPECT_EQ(reader.count(), 0u);
  EXPECT_FALSE(reader.ok());
}

TEST(ByteStream, EndlessNumber) {
  const std::vector<std::byte> ones(100, std::byte{0xff});
  ByteReader reader(ones);
  EXPECT_EQ(reader.number(), 0u);
  EXPECT_FALSE(reader.ok());
}

}  // namespace
}  // namespace kmortem::debuginfo
