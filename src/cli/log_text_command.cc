// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/log_text_command.h"

#include <utility>

#include "base/confinement.h"
#include "checks/splat_rules.h"
#include "cli/output.h"
#include "cli/print_report.h"
#include "model/report.h"
#include "postmortem/log_file.h"
#include "report/redact.h"
#include "report/splats.h"
#include "splats/splats.h"

namespace kmortem::cli {

namespace {

int unusable(const Error& error) {
  print_error(error.message);
  return kUnusable;
}

int written(const std::string& text, const DumpOptions& options, int exit_code) {
  if (auto done = write_output(text, options.output); !done) return unusable(done.error());
  return exit_code;
}

// What comes from here on is somebody else's text: it needs no network, and no file but the output.
void confine_reading(const DumpOptions& options) {
  ConfinementPaths paths;
  if (!options.output.empty()) {
    const size_t slash = options.output.rfind('/');
    paths.writable.push_back(slash == std::string::npos ? "."
                                                        : options.output.substr(0, slash + 1));
    paths.writable_file.push_back(options.output);
  }
  confine(paths);
}

model::Report report_of(const std::string& path, const std::string& text) {
  model::Report report;
  model::Snapshot& snapshot = report.snapshot;
  snapshot.dump.path = path;
  snapshot.dump.format = "log";
  snapshot.dump.file_size = text.size();
  snapshot.splats = splats::read_splats(text);
  for (const model::Splat& splat : snapshot.splats) {
    if (snapshot.kernel.release.empty()) snapshot.kernel.release = splat.kernel;
  }
  report.findings = checks::splat_findings(snapshot.splats);
  return report;
}

}  // namespace

int analyze_log(const std::string& path, const DumpOptions& options) {
  auto text = postmortem::read_log_file(path);
  if (!text) return unusable(text.error());
  confine_reading(options);
  model::Report report = report_of(path, *text);
  const int exit_code = report.findings.empty() ? kClean : kFindings;
  return written(print_report(std::move(report), options), options, exit_code);
}

int print_log_splats(const std::string& path, const DumpOptions& options) {
  auto text = postmortem::read_log_file(path);
  if (!text) return unusable(text.error());
  confine_reading(options);
  model::Report report = report_of(path, *text);
  if (options.redact) report = report::redacted(std::move(report));
  const std::vector<model::Splat>& found = report.snapshot.splats;
  return written(options.format == "json" ? report::splats_json(found)
                                          : report::splats_text(found, text_options(options)),
                 options, kClean);
}

}  // namespace kmortem::cli
