// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace kmortem::scan {

/// How far a dump got; the texts are the column `status` of the database.
enum class Status : uint8_t {
  analysed,       ///< "analysed"
  log_only,       ///< "log-only": no vmlinux, but a log
  no_vmlinux,     ///< "no-vmlinux": neither
  unreadable,     ///< "unreadable": no dump, damaged, or not the vmlinux's
  timeout,        ///< "timeout"
  out_of_memory,  ///< "out-of-memory"
  crashed,        ///< "crashed": its worker died
};
std::string_view status_text(Status status);
/// The status of that text; `crashed` for a text that is none.
Status status_of(std::string_view text);
/// All of them, best first.
inline constexpr Status kStatuses[] = {Status::analysed,   Status::log_only, Status::no_vmlinux,
                                       Status::unreadable, Status::timeout,  Status::out_of_memory,
                                       Status::crashed};

/// What the database keeps of a finding.
struct FindingRow {
  std::string rule;
  std::string severity;
  std::string grade;
  std::string title;
  std::string signature;
  std::string locks;  ///< their names, ", " between them
  std::optional<int64_t> consequence_of;
};

/// What came out for one item.
struct Outcome {
  Status status = Status::crashed;
  std::string reason;  ///< one line; empty when all went well
  std::string release;
  std::string version;
  std::string build_id;
  std::string host;
  std::string format;      ///< "elf", "kdump", "log"
  std::string panic;       ///< the panic's message; may be empty
  int64_t crashed_at = 0;  ///< seconds since 1970; 0 when unknown
  uint64_t uptime_ms = 0;
  uint64_t present_bytes = 0;
  bool parsed_vmlinux = false;  ///< DWARF was read: no cache had it
  std::vector<FindingRow> findings;
  std::string report;  ///< the report's file below the output folder; empty without one

  // Known to the one who waited for it.
  int64_t duration_ms = 0;
  uint64_t memory_kb = 0;  ///< largest resident set, mapped files included
};

/// One line of JSON for the way from a worker to its parent, and back. A worker that read a
/// hostile dump wrote it: fails when it is not what outcome_message() makes.
std::string outcome_message(const Outcome& outcome);
Result<Outcome> parse_outcome(const std::string& message);

}  // namespace kmortem::scan
