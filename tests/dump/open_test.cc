// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "dump/containers.h"
#include "dump/dump_file.h"
#include "dump/fake_machine.h"
#include "dump/temp_file.h"

namespace kmortem::dump {
namespace {

using test::FakeMachine;
using test::TempFile;
using testing::HasSubstr;

std::string error_of(const std::string& path) {
  auto dump = DumpFile::open(path);
  if (dump) return "opened";
  EXPECT_EQ(dump.error().message.find('\n'), std::string::npos) << "more than one line";
  EXPECT_THAT(dump.error().message, HasSubstr(path));
  return dump.error().message;
}

std::string error_of(std::span<const std::byte> bytes) {
  return error_of(TempFile(bytes).path());
}
std::string error_of_text(std::string_view text) {
  return error_of(TempFile(text).path());
}

TEST(OpenTest, SaysWhatIsWrongWithThePath) {
  EXPECT_THAT(error_of("/nonexistent/vmcore"), HasSubstr("no such file"));
  EXPECT_THAT(error_of(testing::TempDir()), HasSubstr("is a directory"));
  EXPECT_THAT(error_of("/dev/null"), HasSubstr("not a regular file"));
  EXPECT_THAT(error_of_text(""), HasSubstr("is empty"));
}

TEST(OpenTest, SaysWhatTheFileIsInstead) {
  EXPECT_THAT(error_of_text("a log of something\n"), HasSubstr("text file"));
  EXPECT_THAT(error_of_text("\x1f\x8b\x08\x01"), HasSubstr("gzip"));
  EXPECT_THAT(error_of_text("\xfd"
                            "7zXZ"),
              HasSubstr("xz"));
  EXPECT_THAT(error_of_text("QEVM....\x01"), HasSubstr("dump-guest-memory"));
  EXPECT_THAT(error_of_text("\x01\x02\x03"), HasSubstr("no known signature"));
  EXPECT_THAT(error_of_text("\x7f"
                            "ELF"),
              HasSubstr("ends inside the ELF header"));
  EXPECT_THAT(error_of_text("KDUMP   "), HasSubstr("too short"));
}

TEST(OpenTest, NamesOtherArchitectures) {
  const FakeMachine machine;
  EXPECT_THAT(error_of(test::make_elf(machine.memory, {.machine = EM_AARCH64})),
              HasSubstr("arm64"));
  EXPECT_THAT(error_of(test::make_elf(machine.memory, {.machine = EM_386})),
              HasSubstr("32-bit x86"));
  EXPECT_THAT(error_of(test::make_kdump(machine.memory, {.machine = "ppc64le"})),
              HasSubstr("a dump of ppc64le"));
}

TEST(OpenTest, AVmlinuxIsNotADump) {
  EXPECT_THAT(error_of(test::make_elf(FakeMachine().memory, {.type = ET_EXEC})),
              HasSubstr("--vmlinux"));
}

TEST(OpenTest, ACoreOfAProcessIsNotADump) {
  auto bytes = test::make_elf(FakeMachine().memory, {.excluded = {0x1000, 0x5000}});
  for (int segment = 1; segment <= 5; ++segment) {
    Elf64_Phdr header;
    auto* at = bytes.data() + sizeof(Elf64_Ehdr) + static_cast<size_t>(segment) * sizeof header;
    memcpy(&header, at, sizeof header);
    header.p_vaddr = 0x400000 + header.p_paddr;
    header.p_paddr = 0;
    memcpy(at, &header, sizeof header);
  }
  EXPECT_THAT(error_of(bytes), HasSubstr("core of a process"));
}

TEST(OpenTest, AKdumpCutInItsHeadersIsAnError) {
  const auto bytes = test::make_kdump(FakeMachine().memory, {});
  EXPECT_THAT(error_of(std::span(bytes).first(5000)), HasSubstr("page bitmaps"));
}

}  // namespace
}  // namespace kmortem::dump
