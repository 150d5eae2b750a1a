// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/scan_html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kmortem::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

model::ScanIndex index() {
  model::ScanIndex index;
  index.title = "/var/crash";
  model::ScanDump good;
  good.path = "a/vmcore";
  good.kernel = "6.1.192";
  good.host = "db1";
  model::ScanDump bad = good;
  bad.path = "b/vmcore";
  bad.report = "reports/b #1.html";
  bad.outcome = model::ScanOutcome::findings;
  bad.errors = 2;
  bad.crash_time = 1'767'225'600;
  model::ScanDump broken;
  broken.path = "c/<script>alert(1)</script>";
  broken.outcome = model::ScanOutcome::failed;
  broken.reason = "took longer than 60 s";
  index.dumps = {good, bad, broken};
  model::ScanSignature bug;
  bug.rule = "deadlock-cycle";
  bug.signature = "deadlock-cycle:a:b";
  bug.title = "Two tasks wait for each other.";
  bug.findings = 2;
  bug.kernels = {"6.1.192"};
  bug.hosts = {"db1"};
  bug.last_seen = 1'767'225'600;
  bug.is_new = true;
  bug.dumps = {1, 77};
  index.signatures = {bug};
  return index;
}

TEST(ScanHtml, NamesEveryBugAndEveryDump) {
  const std::string page = scan_html(index());
  EXPECT_THAT(page, HasSubstr("Two tasks wait for each other."));
  EXPECT_THAT(page, HasSubstr("<code>deadlock-cycle:a:b</code>"));
  EXPECT_THAT(page, HasSubstr("<span class=\"badge new\">new</span>"));
  EXPECT_THAT(page, HasSubstr("2026-01-01 00:00"));
  EXPECT_THAT(page, HasSubstr("<b>3</b><span>dumps</span>"));
  EXPECT_THAT(page, HasSubstr("a/vmcore"));
  EXPECT_THAT(page, HasSubstr("took longer than 60 s"));
}

TEST(ScanHtml, LinksToADumpsReportAsAFile) {
  const std::string page = scan_html(index());
  EXPECT_THAT(page, HasSubstr("<a href=\"./reports/b%20%231.html\"><code>b/vmcore</code></a>"));
}

TEST(ScanHtml, NothingInItIsMarkup) {
  model::ScanIndex hostile = index();
  hostile.title = "</title><script>alert(2)</script>";
  hostile.dumps[0].host = "\"><img src=x>";
  hostile.dumps[1].report = "javascript:alert(3)";
  hostile.signatures[0].title = "<script>alert(4)</script>";
  hostile.signatures[0].kernels = {"<b>"};
  const std::string page = scan_html(hostile);
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  EXPECT_THAT(page, Not(HasSubstr("<b>\"")));
  EXPECT_THAT(page, Not(HasSubstr("href=\"javascript:")));
  EXPECT_THAT(page, HasSubstr("href=\"./javascript%3Aalert%283%29\""));
}

TEST(ScanHtml, AnEmptyScanSaysSo) {
  const std::string page = scan_html({});
  EXPECT_THAT(page, HasSubstr("No dump has a finding."));
  EXPECT_THAT(page, HasSubstr("No dump was found."));
}

}  // namespace
}  // namespace kmortem::report
