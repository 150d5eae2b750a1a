// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "scan/database.h"

namespace kmortem::test {

inline scan::Item item(const std::string& path, int64_t mtime_ns = 1'000'000'000) {
  scan::Item item;
  item.name = path;
  item.path = path;
  item.size = 100;
  item.mtime_ns = mtime_ns;
  return item;
}

inline scan::Outcome outcome(const std::string& signature, const std::string& host = "web7") {
  scan::Outcome outcome;
  outcome.status = scan::Status::analysed;
  outcome.build_id = "ab12";
  outcome.release = "6.1.0";
  outcome.host = host;
  outcome.crashed_at = 1767225606;
  if (signature.empty()) return outcome;
  outcome.findings.push_back({"lock-leak", "error", "proven", "A title.", signature, "a, b", {}});
  return outcome;
}

inline std::unique_ptr<scan::Database> open(const std::string& path) {
  auto database = scan::Database::open(path);
  if (!database) {
    ADD_FAILURE() << database.error().message;
    return nullptr;
  }
  return std::move(*database);
}

}  // namespace kmortem::test
