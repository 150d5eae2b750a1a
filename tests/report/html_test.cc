// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "reports.h"

namespace kmortem::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const RuleTexts kRules = {
    {"shared-lock-key", "one key, two names", "It means this.", "    lock(a)", "A key for each."}};

TEST(Html, TellsWhatTheTextReportTells) {
  const std::string page = report_html(testing::small_report(), kRules);
  EXPECT_THAT(page, HasSubstr("<h1>One key serves two kinds of lock.</h1>"));
  EXPECT_THAT(page, HasSubstr("<span class=\"badge error\">error</span>"));
  EXPECT_THAT(page, HasSubstr(">proven</span>"));
  EXPECT_THAT(page, HasSubstr(">stale</span>"));
  EXPECT_THAT(page, HasSubstr("<b>Fix</b>give it a key"));
  EXPECT_THAT(page, HasSubstr("<pre>on one CPU:\n  lock(a)\n</pre>"));
  EXPECT_THAT(page, HasSubstr("stats_rcv_proc<span class=\"offset\">+0x9</span>"));
  EXPECT_THAT(page, HasSubstr("[lk_inconsistent] lk_inconsistent.c:25"));
  EXPECT_THAT(page, HasSubstr("takes it"));
  EXPECT_THAT(page, HasSubstr("Follows from <a href=\"#finding-1\">shared-lock-key</a>"));
  EXPECT_THAT(page, HasSubstr("kflow_gcd [110]"));
  EXPECT_THAT(page, HasSubstr("page excluded from the dump"));
  EXPECT_THAT(page, HasSubstr("It means this."));
}

TEST(Html, MarksWhereAnInterruptBegins) {
  model::Report report = testing::small_report();
  report.findings[0].evidence[1].stack[0].context = model::Context::softirq;
  EXPECT_THAT(report_html(report, {}), HasSubstr("<li class=\"boundary softirq\">softirq</li>"));
  EXPECT_THAT(report_html(testing::small_report(), {}), Not(HasSubstr("class=\"boundary")));
}

TEST(Html, DrawsTheOrderOfTheFindingsClasses) {
  const std::string page = report_html(testing::small_report(), {});
  EXPECT_THAT(page, HasSubstr("<svg class=\"diagram\" id=\"order-graph\""));
  EXPECT_THAT(page, Not(HasSubstr("id=\"wait-graph\""))) << "nobody waits";
}

TEST(Html, NothingFoundIsSaid) {
  const std::string page = report_html(model::Report{}, {});
  EXPECT_THAT(page, HasSubstr("<h1>Nothing found</h1>"));
  EXPECT_THAT(page, HasSubstr("Nothing found."));
}

// Every text of a report says something that a browser would obey if it were not escaped.
model::Report hostile() {
  const std::string evil = "</code></title><script>alert(1)</script><img src=x onerror='a()'>\"";
  model::Report report = testing::small_report();
  model::Snapshot& snapshot = report.snapshot;
  snapshot.dump.path = snapshot.debuginfo.path = evil;
  snapshot.kernel.release = snapshot.kernel.version = snapshot.kernel.node_name = evil;
  snapshot.kernel.command_line = snapshot.kernel.panic_message = evil;
  snapshot.kernel.taint_flags = evil;
  snapshot.tasks[0].comm = evil;
  snapshot.tasks[0].stack = {testing::frame(evil, 1, evil)};
  snapshot.tasks[0].held_locks[0].acquired_at.function = evil;
  snapshot.cpus[0].stack = snapshot.tasks[0].stack;
  snapshot.cpus[0].stack_state.read = true;
  snapshot.cpus[0].stack_state.stopped_because = evil;
  snapshot.lockdep.classes[0].name = snapshot.lockdep.classes[1].name = evil;
  snapshot.lockdep.tables[0].name = evil;
  snapshot.modules.push_back({evil, 1, 2, 3, evil, evil, "", true});
  snapshot.softirqs[0].name = snapshot.softirqs[0].action_symbol = evil;
  snapshot.problems.add({evil, 1, evil, evil, 1});
  model::LockState lock;
  lock.name = lock.symbol = lock.lock_class = lock.value_text = lock.freed_because = evil;
  lock.in_freed_memory = true;
  lock.type = model::LockType::mutex;
  lock.undecided = {evil};
  lock.owners.emplace_back();
  lock.owners[0].task = snapshot.tasks[0].address;
  lock.owners[0].evidence = evil;
  lock.waiters = lock.owners;
  snapshot.locks = {lock};
  for (model::Finding& finding : report.findings) {
    finding.rule = finding.title = finding.explanation = finding.remedy = finding.signature = evil;
    finding.explanation += "\n\n  " + evil;
  }
  report.findings[0].locks = {{evil, 1, evil, evil, evil}};
  report.findings[0].tasks[0].comm = evil;
  report.findings[0].evidence[0].text = report.findings[0].evidence[1].text = evil;
  model::Frame& frame = report.findings[0].evidence[1].stack[0];
  frame.function = frame.module = frame.file = frame.note = evil;
  return report;
}

TEST(Html, NothingOfTheDumpIsMarkup) {
  const std::string page = report_html(hostile(), {});
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  EXPECT_THAT(page, Not(HasSubstr("onerror='")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)"));
  size_t scripts = 0;
  for (size_t at = page.find("<script"); at != std::string::npos;
       at = page.find("<script", at + 1)) {
    ++scripts;
  }
  EXPECT_EQ(scripts, 1U) << "the page's own";
}

TEST(Html, IdsAreUniqueAndLinksLeadSomewhere) {
  const std::string page = report_html(testing::small_report(), kRules);
  std::set<std::string> ids;
  static const std::regex kId(" id=\"([^\"]+)\"");
  for (std::sregex_iterator it(page.begin(), page.end(), kId), end; it != end; ++it) {
    EXPECT_TRUE(ids.insert((*it)[1]).second) << (*it)[1];
  }
  static const std::regex kLink("href=\"#([^\"]+)\"");
  size_t links = 0;
  for (std::sregex_iterator it(page.begin(), page.end(), kLink), end; it != end; ++it, ++links) {
    EXPECT_TRUE(ids.contains((*it)[1])) << (*it)[1];
  }
  EXPECT_GT(links, 3U);
}

}  // namespace
}  // namespace kmortem::report
