// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/html_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/html_page.h"

namespace kmortem::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(HtmlText, LeavesNothingThatHtmlReads) {
  EXPECT_EQ(html_text("<a href=\"x\">&'"), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
  EXPECT_EQ(html_text(std::string("a\0b\x1b\xff", 5)), "a\\x00b\\x1b\\xff");
  EXPECT_EQ(html_text("ä →"), "ä →");
}

TEST(HtmlText, ParagraphsAndWhatIsLaidOut) {
  EXPECT_EQ(html_paragraphs("One\ntwo.\n\n  on one CPU:\n    lock(a)\n\nEnd."),
            "<p>One\ntwo.</p>\n<pre>on one CPU:\n  lock(a)\n</pre>\n<p>End.</p>\n");
  EXPECT_EQ(html_paragraphs(""), "");
  EXPECT_EQ(html_paragraphs("\n\n\n"), "");
}

TEST(HtmlText, AnAddressIsAlwaysAFile) {
  EXPECT_EQ(html_href("a b/c.html"), "./a%20b/c.html");
  EXPECT_EQ(html_href("javascript:x"), "./javascript%3Ax");
  EXPECT_EQ(html_href("//host/x"), "/host/x");
  EXPECT_EQ(html_href("\xc3\xa4"), "./%C3%A4");
}

TEST(HtmlText, TimesAreUtc) {
  EXPECT_EQ(html_time(1'767'225'600),
            "<time datetime=\"2026-01-01T00:00:00Z\">2026-01-01 00:00</time>");
  EXPECT_EQ(html_time(0), "–");
  EXPECT_EQ(html_time(INT64_MAX), "–");
}

// printf "" | openssl dgst -sha256 -binary | base64
TEST(HtmlPage, TheDigestIsThatOfTheStandard) {
  EXPECT_EQ(policy_digest("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  EXPECT_EQ(policy_digest("e3b0"), "");
  EXPECT_EQ(policy_digest(std::string(64, 'x')), "");
}

TEST(HtmlPage, LoadsNothingAndAllowsNothing) {
  const std::string page = html_page("<title>", "<p>body</p>");
  EXPECT_THAT(page, HasSubstr("default-src 'none'; ")) << page.substr(0, 400);
  EXPECT_THAT(page, HasSubstr("<title>&lt;title&gt;</title>"));
  EXPECT_THAT(page, HasSubstr("<p>body</p>"));
  EXPECT_THAT(page, Not(HasSubstr("src=")));
  EXPECT_THAT(page, Not(HasSubstr("http:")));
  EXPECT_THAT(page, Not(HasSubstr("https:")));
  EXPECT_THAT(page, Not(HasSubstr("url(")));
}

}  // namespace
}  // namespace kmortem::report
