// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/report.h"

namespace kmortem::model {

/// One bug as a scan of many dumps counts it: the findings of one signature.
struct ScanSignature {
  std::string signature;
  std::string rule;
  Severity severity = Severity::error;  ///< the worst that a dump has it with
  Grade grade = Grade::proven;          ///< the best
  std::string title;                    ///< of the latest dump's finding
  uint64_t findings = 0;                ///< over all dumps; one dump may have several
  std::vector<std::string> kernels;     ///< releases, each once
  std::vector<std::string> hosts;       ///< each once; empty when no dump names its host
  int64_t first_seen = 0;               ///< seconds since the epoch; 0 when no dump has a time
  int64_t last_seen = 0;
  bool is_new = false;        ///< no dump of an earlier scan has it
  std::vector<size_t> dumps;  ///< indices into ScanIndex::dumps, ascending
};

/// What became of one dump.
enum class ScanOutcome : uint8_t {
  clean,     ///< analysed, nothing found
  findings,  ///< analysed, something found
  log_only,  ///< no debuginfo: only the log was looked at
  failed,    ///< could not be analysed; ScanDump::reason says why
};

struct ScanDump {
  std::string path;
  std::string report;  ///< where its own report is, relative to the index page; empty when none
  ScanOutcome outcome = ScanOutcome::clean;
  std::string reason;  ///< of a failure: "took longer than 60 s", "killed by signal 11"
  std::string kernel;  ///< release
  std::string host;
  int64_t crash_time = 0;  ///< seconds since the epoch; 0 when unknown
  std::string panic;       ///< the panic message; empty when there was none
  uint64_t errors = 0;     ///< findings by severity
  uint64_t warnings = 0;
  uint64_t notes = 0;
};

/// What a scan of many dumps found, as the index page shows it.
struct ScanIndex {
  std::string title;                      ///< what was scanned: "/var/crash"
  int64_t made_at = 0;                    ///< seconds since the epoch; 0 leaves the time out
  std::vector<ScanSignature> signatures;  ///< as they are to be listed, the worst first
  std::vector<ScanDump> dumps;
};

}  // namespace kmortem::model
