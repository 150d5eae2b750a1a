// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/neighbours.h"

#include <gtest/gtest.h>

#include "scan/folder.h"

namespace kmortem::scan {
namespace {

TEST(NeighboursTest, KdumpSaysTheHostInTheFoldersName) {
  const test::Folder folder;
  EXPECT_EQ(host_beside(folder.put("web7.example.org-2026-01-31-23:59:59/vmcore")),
            "web7.example.org");
  EXPECT_EQ(host_beside(folder.put("10.0.0.7-2026-01-31-23:59:59/vmcore")), "10.0.0.7");
}

TEST(NeighboursTest, TheLoopbackAddressIsNoHost) {
  const test::Folder folder;
  EXPECT_EQ(host_beside(folder.put("127.0.0.1-2026-01-31-23:59:59/vmcore")), "");
  EXPECT_EQ(host_beside(folder.put("vmcore-127.0.0.1-2026-01-31-23:59:59/vmcore")), "");
}

TEST(NeighboursTest, KdumpToolsSayItToo) {
  const test::Folder folder;
  EXPECT_EQ(host_beside(folder.put("db2-202601312359/dump.202601312359")), "db2");
  EXPECT_EQ(host_beside(folder.put("202601312359/dump.202601312359")), "");
}

TEST(NeighboursTest, AbrtKeepsAFileWithIt) {
  const test::Folder folder;
  const std::string dump = folder.put("vmcore-127.0.0.1-2026-01-31-23:59:59/vmcore");
  folder.put("vmcore-127.0.0.1-2026-01-31-23:59:59/hostname", "mail.example.org\n");
  EXPECT_EQ(host_beside(dump), "mail.example.org");
}

TEST(NeighboursTest, WhatIsNoHostNameIsNotTaken) {
  const test::Folder folder;
  const std::string dump = folder.put("a/vmcore");
  folder.put("a/hostname", "<script>alert(1)</script>\n");
  EXPECT_EQ(host_beside(dump), "");
  EXPECT_EQ(host_beside(folder.put("rm -rf-2026-01-31-23:59:59/vmcore")), "");
}

TEST(NeighboursTest, TheLogOfThatDumpIsTaken) {
  const test::Folder folder;
  const std::string dump = folder.put("202601312359/dump.202601312359");
  folder.put("202601312359/dmesg.202601310000", "another's");
  EXPECT_EQ(log_beside(dump), "");
  const std::string log = folder.put("202601312359/dmesg.202601312359");
  EXPECT_EQ(log_beside(dump), log);
}

TEST(NeighboursTest, KdumpsLogIsTaken) {
  const test::Folder folder;
  const std::string dump = folder.put("x/vmcore");
  const std::string log = folder.put("x/vmcore-dmesg.txt");
  EXPECT_EQ(log_beside(dump), log);
}

TEST(NeighboursTest, NamesOfLogs) {
  EXPECT_TRUE(names_a_log("vmcore-dmesg.txt"));
  EXPECT_TRUE(names_a_log("dmesg.202601312359"));
  EXPECT_FALSE(names_a_log("dmesg.old"));
  EXPECT_FALSE(names_a_log("vmcore"));
}

}  // namespace
}  // namespace kmortem::scan
