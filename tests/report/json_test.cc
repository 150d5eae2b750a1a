// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/json.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "reports.h"

namespace kmortem::report {
namespace {

using nlohmann::json;

json parsed() {
  return json::parse(report_json(testing::small_report()));
}

std::set<std::string> keys(const json& object) {
  std::set<std::string> names;
  for (const auto& [name, value] : object.items()) names.insert(name);
  return names;
}

void expect_keys(const json& object, const std::set<std::string>& contract) {
  const std::set<std::string> names = keys(object);
  for (const std::string& name : contract) EXPECT_TRUE(names.contains(name)) << name;
}

TEST(Json, TopLevelFollowsTheContract) {
  const json report = parsed();
  EXPECT_EQ(report["schema"], "kmortem-report/1");
  expect_keys(report, {"tool", "dump", "kernel", "findings", "cpus", "tasks", "lockdep", "softirqs",
                       "modules", "problems"});
  EXPECT_EQ(report["tool"]["name"], "kmortem");
}

TEST(Json, FindingsFollowTheContract) {
  const json findings = parsed()["findings"];
  ASSERT_EQ(findings.size(), 2U);
  for (const json& finding : findings) {
    expect_keys(finding, {"rule", "severity", "grade", "title", "explanation", "remedy", "locks",
                          "tasks", "evidence", "signature", "consequence_of"});
  }
  EXPECT_EQ(findings[0]["severity"], "error");
  EXPECT_EQ(findings[0]["grade"], "proven");
  EXPECT_TRUE(findings[0]["consequence_of"].is_null());
  EXPECT_EQ(findings[1]["severity"], "note");
  EXPECT_EQ(findings[1]["grade"], "stale");
  EXPECT_EQ(findings[1]["consequence_of"], 0);
  expect_keys(findings[0]["locks"][0], {"name", "address", "type", "class", "symbol"});
  EXPECT_EQ(findings[0]["locks"][0]["address"], "0xffff888100e66298");
  EXPECT_TRUE(findings[0]["locks"][0]["symbol"].is_null());
  expect_keys(findings[0]["tasks"][0], {"pid", "comm", "cpu", "address", "role"});
  EXPECT_EQ(findings[0]["tasks"][0]["role"], "waiter");
  EXPECT_EQ(findings[0]["evidence"][0]["address"], "0xffff888100e66298");
}

TEST(Json, FramesFollowTheContract) {
  const json frame = parsed()["findings"][0]["evidence"][1]["stack"][0];
  expect_keys(frame, {"pc", "function", "offset", "module", "file", "line", "inlined", "found_by",
                      "context"});
  EXPECT_EQ(frame["pc"], "0xffffffff81000009");
  EXPECT_EQ(frame["function"], "stats_rcv_proc");
  EXPECT_EQ(frame["offset"], 9);
  EXPECT_EQ(frame["line"], 25);
  EXPECT_EQ(frame["found_by"], "recorded");
  EXPECT_EQ(frame["context"], "task");
}

TEST(Json, TasksAndHeldLocksFollowTheContract) {
  const json task = parsed()["tasks"][0];
  expect_keys(task, {"pid", "tgid", "comm", "address", "state", "cpu", "stack", "held_locks"});
  EXPECT_EQ(task["state"], "R");
  const json lock = task["held_locks"][0];
  expect_keys(lock, {"address", "name", "class", "acquired_at", "read", "trylock", "irq_context"});
  EXPECT_EQ(lock["name"], "&txq->_xmit_lock") << "the lock's own name";
  EXPECT_EQ(lock["class"], "&dev->mutex") << "the class that lockdep has for it";
  EXPECT_EQ(lock["acquired_at"]["function"], "gcd");
  EXPECT_EQ(lock["irq_context"], 1);
}

TEST(Json, CpusFollowTheContract) {
  const json cpus = parsed()["cpus"];
  ASSERT_EQ(cpus.size(), 2U);
  expect_keys(cpus[0], {"softirq_pending", "stack", "spinlocks_held", "spinning_on"});
  EXPECT_EQ(cpus[0]["softirq_pending"], 2);
  EXPECT_TRUE(cpus[1]["softirq_pending"].is_null());
  EXPECT_EQ(cpus[0]["current"]["comm"], "kflow_gcd");
}

TEST(Json, LockdepFollowsTheContract) {
  const json lockdep = parsed()["lockdep"];
  expect_keys(lockdep, {"enabled", "classes", "dependencies", "tables"});
  EXPECT_EQ(lockdep["enabled"], false);
  ASSERT_EQ(lockdep["classes"].size(), 2U);
  EXPECT_EQ(lockdep["classes"][0]["name"], "&dev->mutex");
  EXPECT_EQ(lockdep["classes"][0]["usages"][0]["usage"], "INITIAL USE");
  EXPECT_EQ(lockdep["classes"][0]["usages"][0]["trace"], 0);
  ASSERT_EQ(lockdep["dependencies"].size(), 1U) << "each once, though stored twice";
  EXPECT_EQ(lockdep["dependencies"][0]["from"], 3);
  EXPECT_EQ(lockdep["dependencies"][0]["to"], 9);
  EXPECT_EQ(lockdep["tables"][0]["capacity"], 8192);
}

// Wherever a field is an address, it is a string of 18 characters or null.
void check_addresses(const json& value, const std::string& path) {
  static const std::set<std::string> kAddresses = {"address", "pc",        "key",      "action",
                                                   "base",    "nest_lock", "phys_base"};
  static const std::regex kForm("0x[0-9a-f]{16}");
  if (value.is_array()) {
    for (const json& item : value) check_addresses(item, path + "[]");
  }
  if (!value.is_object()) return;
  for (const auto& [name, item] : value.items()) {
    if (kAddresses.contains(name)) {
      EXPECT_TRUE(item.is_null() || std::regex_match(item.get<std::string>(), kForm))
          << path << "." << name << " = " << item;
    }
    check_addresses(item, path + "." + name);
  }
}

TEST(Json, AddressesAreStringsOfOneForm) {
  check_addresses(parsed(), "");
}

void collect_names(const json& value, std::set<std::string>& names) {
  if (value.is_object()) names.merge(keys(value));
  if (!value.is_structured()) return;
  for (const json& item : value) collect_names(item, names);
}

TEST(Json, EveryFieldIsDocumented) {
  std::ifstream file(KMORTEM_DOCS "/json.md");
  std::stringstream page;
  page << file.rdbuf();
  ASSERT_FALSE(page.str().empty());
  model::Report report = testing::small_report();
  report.snapshot.tasks[0].one_past_top = report.snapshot.tasks[0].held_locks[0];
  report.snapshot.modules.push_back({"lk", 1, 2, 3, "OE", "Live", "", true});
  std::set<std::string> names;
  collect_names(json::parse(report_json(report)), names);
  for (const std::string& name : names) {
    EXPECT_NE(page.str().find("`" + name + "`"), std::string::npos) << name;
  }
}

TEST(Json, ProblemsCarryTheirConsequence) {
  const json problem = parsed()["problems"][0];
  EXPECT_EQ(problem["structure"], "task_struct");
  EXPECT_EQ(problem["address"], "0xffff888100300000");
  EXPECT_EQ(problem["consequence"], "one task is not listed");
}

TEST(Json, AnEmptyReportIsComplete) {
  const json report = json::parse(report_json(model::Report{}));
  for (const char* list : {"findings", "cpus", "tasks", "softirqs", "modules", "problems"}) {
    EXPECT_TRUE(report[list].is_array()) << list;
  }
  EXPECT_TRUE(report["lockdep"]["classes"].is_array());
}

// Tasks are written one by one: the text is as the library would have written the whole.
TEST(Json, TasksStandWhereTheListWould) {
  model::Report report = testing::small_report();
  report.findings[0].title = "\n \"tasks\": []";
  report.snapshot.tasks.push_back(report.snapshot.tasks[0]);
  report.snapshot.tasks.back().pid = 4711;
  for (const size_t count : {2, 1, 0}) {
    report.snapshot.tasks.resize(count);
    const std::string text = report_json(report);
    const auto whole = nlohmann::ordered_json::parse(text);
    EXPECT_EQ(whole["tasks"].size(), count);
    EXPECT_EQ(text, whole.dump(1) + "\n");
  }
}

TEST(Json, BytesThatAreNoTextDoNotBreakIt) {
  model::Report report = testing::small_report();
  report.snapshot.tasks[0].comm = "\xff\xfe\x1b[31m";
  report.findings[0].title = "\xc3";
  const json parsed_again = json::parse(report_json(report));
  EXPECT_FALSE(parsed_again["tasks"][0]["comm"].get<std::string>().empty());
}

TEST(Json, IndicesOutOfRangeDoNotBreakIt) {
  model::Report report = testing::small_report();
  report.snapshot.lockdep.classes[0].locks_after = {4000000};
  report.snapshot.tasks[0].held_locks[0].class_index = 70000;
  const json parsed_again = json::parse(report_json(report));
  EXPECT_TRUE(parsed_again["lockdep"]["dependencies"].empty());
  EXPECT_TRUE(parsed_again["tasks"][0]["held_locks"][0]["class"].is_null());
}

}  // namespace
}  // namespace kmortem::report
