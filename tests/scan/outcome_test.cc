// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/outcome.h"

#include <gtest/gtest.h>

namespace kmortem::scan {
namespace {

Outcome full() {
  Outcome outcome;
  outcome.status = Status::analysed;
  outcome.release = "6.1.0";
  outcome.build_id = "ab12";
  outcome.host = "web7";
  outcome.crashed_at = 1767225606;
  outcome.present_bytes = 67108864;
  outcome.report = "reports/ab/ab.json";
  outcome.findings.push_back({"lock-leak", "error", "proven", "t", "lock-leak:a:b", "a", 1});
  outcome.findings.push_back({"lockdep-off", "note", "stale", "u", "lockdep-off:x", "", {}});
  return outcome;
}

TEST(OutcomeTest, ComesOutAsItWentIn) {
  const auto read = parse_outcome(outcome_message(full()));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->status, Status::analysed);
  EXPECT_EQ(read->build_id, "ab12");
  EXPECT_EQ(read->crashed_at, 1767225606);
  ASSERT_EQ(read->findings.size(), 2U);
  EXPECT_EQ(read->findings[0].consequence_of, 1);
  EXPECT_FALSE(read->findings[1].consequence_of);
  EXPECT_EQ(read->findings[1].signature, "lockdep-off:x");
}

TEST(OutcomeTest, BytesThatAreNoTextComeThrough) {
  Outcome outcome = full();
  outcome.host = "\xff\xfe";
  EXPECT_TRUE(parse_outcome(outcome_message(outcome)));
}

TEST(OutcomeTest, CutOrStrangeIsRefused) {
  const std::string message = outcome_message(full());
  for (size_t length = 0; length + 2 < message.size(); length += 7) {
    EXPECT_FALSE(parse_outcome(message.substr(0, length))) << length;
  }
  EXPECT_FALSE(parse_outcome("[]"));
  EXPECT_FALSE(parse_outcome(R"({"status": 3})"));
}

TEST(OutcomeTest, EveryStatusHasItsText) {
  for (const Status status : kStatuses) EXPECT_EQ(status_of(status_text(status)), status);
}

}  // namespace
}  // namespace kmortem::scan
