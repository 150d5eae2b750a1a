// SPDX-License-Identifier: GPL-3.0-or-later
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <thread>

#include "dump/archives.h"
#include "dump/containers.h"
#include "dump/dump_file.h"
#include "dump/fake_machine.h"
#include "dump/spool.h"
#include "dump/temp_file.h"

namespace kmortem::dump {
namespace {

using test::FakeMachine;
using test::pack;
using test::TempFile;
using testing::HasSubstr;

void expect_the_machine(DumpFile& dump, const FakeMachine& machine) {
  EXPECT_EQ(dump.info().release, "6.1.0-test");
  EXPECT_EQ(dump.info().present_bytes, FakeMachine::kRam);
  EXPECT_FALSE(dump.info().truncated);
  std::vector<std::byte> page(kPageSize);
  for (const auto& [address, bytes] : machine.memory.pages) {
    ASSERT_TRUE(dump.read_physical(address, page)) << address;
    ASSERT_EQ(memcmp(page.data(), bytes.data(), kPageSize), 0) << address;
  }
}

class ArchiveTest : public testing::TestWithParam<const char*> {
 protected:
  FakeMachine machine_;
  std::vector<std::byte> elf_ =
      test::make_elf(machine_.memory, {.notes = machine_.notes(true, true)});
  std::vector<std::byte> kdump_ =
      test::make_kdump(machine_.memory, {.notes = machine_.notes(true, true)});
};

INSTANTIATE_TEST_SUITE_P(Archives, ArchiveTest,
                         testing::Values("gzip", "xz", "zstd", "bzip2", "lz4"));

TEST_P(ArchiveTest, OpensWhatIsInIt) {
  for (const auto& bytes : {elf_, kdump_, test::flatten(kdump_, 100'003)}) {
    const TempFile file(pack(GetParam(), bytes));
    auto dump = DumpFile::open(file.path());
    ASSERT_TRUE(dump) << dump.error().message;
    EXPECT_EQ((*dump)->info().packed_in, std::vector<std::string>{GetParam()});
    expect_the_machine(**dump, machine_);
  }
}

TEST_P(ArchiveTest, AnArchiveInAnArchive) {
  const TempFile file(pack("zstd", pack(GetParam(), kdump_)));
  auto dump = DumpFile::open(file.path());
  ASSERT_TRUE(dump) << dump.error().message;
  EXPECT_EQ((*dump)->info().packed_in, (std::vector<std::string>{"zstd", GetParam()}));
  expect_the_machine(**dump, machine_);
}

TEST_P(ArchiveTest, FramesThatFollowEachOtherAreOneDump) {
  auto bytes = pack(GetParam(), std::span(elf_).first(1'000'003));
  const auto rest = pack(GetParam(), std::span(elf_).subspan(1'000'003));
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  const TempFile file(bytes);
  auto dump = DumpFile::open(file.path());
  ASSERT_TRUE(dump) << dump.error().message;
  expect_the_machine(**dump, machine_);
}

TEST_P(ArchiveTest, CutAnywhereGivesWhatIsThereOrOneLine) {
  const auto bytes = pack(GetParam(), elf_);
  bool opened = false;
  for (size_t size = 1; size < bytes.size(); size += bytes.size() / 23) {
    const TempFile file{std::span(bytes).first(size)};
    auto dump = DumpFile::open(file.path());
    if (!dump) {
      EXPECT_EQ(dump.error().message.find('\n'), std::string::npos);
      EXPECT_THAT(dump.error().message, HasSubstr(file.path()));
      continue;
    }
    opened = true;
    EXPECT_TRUE((*dump)->info().truncated) << size;
    EXPECT_LE((*dump)->info().present_bytes, FakeMachine::kRam);
    EXPECT_EQ((*dump)->info().release, "6.1.0-test");
  }
  EXPECT_TRUE(opened);
}

TEST_P(ArchiveTest, DamageInTheMiddleIsTruncation) {
  auto bytes = pack(GetParam(), elf_);
  for (size_t i = bytes.size() / 2; i < bytes.size() / 2 + 64; ++i) bytes[i] ^= std::byte{0xa5};
  const TempFile file(bytes);
  auto dump = DumpFile::open(file.path());
  if (dump) {
    EXPECT_TRUE((*dump)->info().truncated);
  } else {
    EXPECT_EQ(dump.error().message.find('\n'), std::string::npos);
  }
}

TEST(PipeTest, AFifoIsReadToItsEnd) {
  const FakeMachine machine;
  const auto kdump = test::make_kdump(machine.memory, {.notes = machine.notes(true, true)});
  const std::string path = testing::TempDir() + "kmortem-fifo";
  unlink(path.c_str());
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  for (const auto& bytes : {kdump, test::flatten(kdump, 4099), pack("xz", kdump)}) {
    std::thread writer([&] {
      const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
      std::span<const std::byte> left = bytes;
      while (!left.empty()) {
        const ssize_t put = write(fd, left.data(), left.size());
        if (put <= 0) break;
        left = left.subspan(static_cast<size_t>(put));
      }
      close(fd);
    });
    auto dump = DumpFile::open(path);
    writer.join();
    ASSERT_TRUE(dump) << dump.error().message;
    EXPECT_TRUE((*dump)->info().piped);
    expect_the_machine(**dump, machine);
  }
  unlink(path.c_str());
}

TEST(SpoolTest, ZerosAreHolesAndAreReadBack) {
  Spool spool("dump");
  std::vector<std::byte> bytes(1 << 20, std::byte{0});
  for (int i = 0; i < 64; ++i) ASSERT_TRUE(spool.write(uint64_t{1} << 20 << i % 7, bytes));
  bytes[4097] = std::byte{7};
  ASSERT_TRUE(spool.write(uint64_t{100} << 20, bytes));
  ASSERT_TRUE(spool.write((uint64_t{101} << 20) - 1, std::vector(10, std::byte{0})));
  auto file = spool.finish();
  ASSERT_TRUE(file);
  struct stat status = {};
  ASSERT_EQ(fstat((*file)->fd(), &status), 0);
  EXPECT_LT(status.st_blocks * 512, 1 << 20);
  EXPECT_EQ((*file)->size(), (uint64_t{101} << 20) + 9);
  std::byte byte = {};
  ASSERT_TRUE((*file)->read((uint64_t{100} << 20) + 4097, std::span(&byte, 1)));
  EXPECT_EQ(byte, std::byte{7});
}

TEST(SpoolTest, ZerosOverwriteWhatWasThere) {
  Spool spool("dump");
  ASSERT_TRUE(spool.write(0, std::vector(8192, std::byte{1})));
  ASSERT_TRUE(spool.write(100'000, std::vector(1, std::byte{1})));
  ASSERT_TRUE(spool.write(0, std::vector(4096, std::byte{0})));
  auto file = spool.finish();
  ASSERT_TRUE(file);
  std::vector<std::byte> bytes(8192);
  ASSERT_TRUE((*file)->read(0, bytes));
  EXPECT_EQ(bytes[17], std::byte{0});
  EXPECT_EQ(bytes[4096], std::byte{1});
}

TEST(SpoolTest, LargeOnesMoveToTheFolder) {
  SpoolLimits limits;
  limits.in_memory = 1 << 20;
  limits.folder = testing::TempDir();
  Spool spool("dump", limits);
  std::vector<std::byte> bytes(300'000);
  for (size_t at = 0; at < 40; ++at) {
    std::ranges::fill(bytes, static_cast<std::byte>(at + 1));
    ASSERT_TRUE(spool.write(at * 1'000'000, bytes));
  }
  auto file = spool.finish();
  ASSERT_TRUE(file);
  for (size_t at = 0; at < 40; ++at) {
    std::byte byte = {};
    ASSERT_TRUE((*file)->read(at * 1'000'000 + 299'999, std::span(&byte, 1)));
    EXPECT_EQ(byte, static_cast<std::byte>(at + 1));
  }
}

TEST(SpoolTest, ABombEndsWithOneLine) {
  SpoolLimits limits;
  limits.in_memory = 1 << 20;
  limits.folder = testing::TempDir();
  limits.free_room = 4 << 20;
  limits.largest = uint64_t{1} << 30;
  const std::vector<std::byte> noise(1 << 20, std::byte{0x5a});
  Spool full("bomb.zst", limits);
  Result<void> done;
  for (uint64_t at = 0; done && at < 100; ++at) done = full.write(at << 20, noise);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("bomb.zst: unpacked it takes more room"));

  Spool holes("zeros.zst", limits);
  const std::vector<std::byte> zeros(1 << 20);
  done = {};
  for (uint64_t at = 0; done && at < 2000; ++at) done = holes.write(at << 20, zeros);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("zeros.zst: unpacks to more than 1 GiB"));
}

}  // namespace
}  // namespace kmortem::dump
