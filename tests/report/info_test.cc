// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/info.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "reports.h"

namespace kmortem::report {
namespace {

using ::testing::HasSubstr;

TEST(Info, WhatTheDumpIsAndWhatIsMissing) {
  model::Snapshot snapshot = testing::small_report().snapshot;
  snapshot.dump.excluded_pages = 312;
  snapshot.dump.vmcoreinfo = model::VmcoreinfoSource::memory;
  snapshot.kernel.crash_time = 1'700'000'000;
  const std::string text = info_text(snapshot, {.landlock = false,
                                                .seccomp = true,
                                                .why_no_landlock = "not available",
                                                .why_no_seccomp = ""});
  EXPECT_THAT(text, HasSubstr("format        kdump, lzo, 24 MB, pages filtered (-d 31)\n"));
  EXPECT_THAT(text, HasSubstr("left out      312 pages filtered when it was made\n"));
  EXPECT_THAT(text, HasSubstr("vmcoreinfo    no note; found in the kernel's memory\n"));
  EXPECT_THAT(text, HasSubstr("died          2023-11-14 22:13:20 UTC\n"));
  EXPECT_THAT(text, HasSubstr("vmlinux       /boot/vmlinux\n"));
  EXPECT_THAT(text, HasSubstr("confinement   Landlock not available; seccomp on\n"));
  EXPECT_THAT(text, HasSubstr("1 problem reading the dump\n"));
}

TEST(Info, Json) {
  const auto json = nlohmann::json::parse(
      info_json(testing::small_report().snapshot, {.landlock = true,
                                                   .seccomp = false,
                                                   .why_no_landlock = "",
                                                   .why_no_seccomp = "not available"}));
  EXPECT_EQ(json["dump"]["compression"], "lzo");
  EXPECT_EQ(json["dump"]["dump_level"], 31);
  EXPECT_EQ(json["kernel"]["release"], "6.1.192");
  EXPECT_EQ(json["problems"].size(), 1U);
  EXPECT_EQ(json["confinement"]["landlock"], true);
  EXPECT_EQ(json["confinement"]["why_no_landlock"], nullptr);
  EXPECT_EQ(json["confinement"]["seccomp"], false);
  EXPECT_EQ(json["confinement"]["why_no_seccomp"], "not available");
}

}  // namespace
}  // namespace kmortem::report
