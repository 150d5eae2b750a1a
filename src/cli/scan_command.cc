// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/print_report.h"
#include "report/scan_html.h"
#include "scan/scan.h"
#include "scan/scan_index.h"
#include "scan/summary.h"

namespace kmortem::cli {

namespace {

// As a shell says it of a command that Ctrl-C ended.
constexpr int kInterrupted = 130;

struct ScanOptions {
  scan::ScanRequest request;
  std::string shard;
  std::string summary_of;
  std::string format = "text";
  double time_limit = 300;
  uint64_t memory_limit = uint64_t{4} << 30;
  bool no_cache = false;
  bool no_memory_scan = false;
};

/// One line that is written over and over, on a terminal only.
class ProgressLine {
 public:
  ProgressLine() {
    winsize size = {};
    if (isatty(STDERR_FILENO) != 1) return;
    const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
    width_ = known ? size.ws_col - 1U : 79U;
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() {
    if (shown_) fmt::print(stderr, "\r\x1b[K");
  }

  void show(const scan::Progress& progress) {
    if (width_ == 0) return;
    shown_ = true;
    fmt::print(stderr, "\r{}\x1b[K", scan::progress_line(progress, width_));
    std::fflush(stderr);
  }

 private:
  size_t width_ = 0;
  bool shown_ = false;
};

int report_error(const Error& error) {
  print_error(error.message);
  return kUnusable;
}

// The page about all dumps: on standard output, or in the file that is named.
int print_index(const std::string& database, const std::string& file) {
  const auto index = scan::read_scan_index(database);
  if (!index) return report_error(index.error());
  if (auto written = write_output(report::scan_html(*index), file); !written) {
    return report_error(written.error());
  }
  return index->signatures.empty() ? kClean : kFindings;
}

int print_summary(const std::string& database, const std::string& format) {
  if (format == "html") return print_index(database, "");
  const auto summary = scan::read_summary(database);
  if (!summary) return report_error(summary.error());
  const std::string text =
      format == "json" ? scan::summary_json(*summary) : scan::summary_text(*summary);
  if (auto written = write_output(text, ""); !written) return report_error(written.error());
  return summary->with_findings == 0 ? kClean : kFindings;
}

Result<scan::ScanResult> run_scan(const scan::ScanRequest& request) {
  ProgressLine line;
  return scan::scan(request, [&line](const scan::Progress& progress) { line.show(progress); });
}

int usage(const std::string& message) {
  print_error(message);
  return kUsage;
}

int scan_dumps(ScanOptions& options) {
  if (!options.summary_of.empty()) return print_summary(options.summary_of, options.format);
  scan::ScanRequest& request = options.request;
  if (request.roots.empty() && request.manifest.empty()) return usage("scan: no dumps were named");
  if (request.output_dir.empty()) return usage("scan: -o says where the results go");
  if (!options.shard.empty()) {
    const auto shard = scan::parse_shard(options.shard);
    if (!shard) return usage(shard.error().message);
    request.shard = *shard;
  }
  request.use_cache = !options.no_cache;
  request.memory_scan = !options.no_memory_scan;
  request.limits.time = std::chrono::milliseconds(static_cast<int64_t>(options.time_limit * 1000));
  request.limits.memory = options.memory_limit;

  const bool pages = options.format == "html";
  if (pages) request.pages = rule_texts();

  const auto result = run_scan(request);
  if (!result) return report_error(result.error());
  for (const std::string& complaint : result->complaints) print_error(complaint);
  fmt::print(stderr, "kmortem: {}: {} found, {} done now, {} done before{}\n", result->database,
             result->found, result->done, result->skipped,
             result->interrupted ? "; interrupted" : "");
  if (result->interrupted) return kInterrupted;
  const int code = pages ? print_index(result->database, request.output_dir + "/index.html")
                         : print_summary(result->database, options.format);
  if (code > kFindings) return code;
  return result->any_findings ? kFindings : kClean;
}

void add_inputs(CLI::App& command, ScanOptions& options) {
  scan::ScanRequest& request = options.request;
  command.add_option("PATH", request.roots, "Folders, searched with all below them, and dumps");
  command.add_option("--list", request.manifest,
                     "A file with more of them, a line each; \"-\" for standard input");
  command.add_option("-o,--output", request.output_dir,
                     "The folder for reports and the database kmortem.db");
  command
      .add_option("--vmlinux-store", request.vmlinux_stores,
                  "A folder with kernel images, found by build-id (repeatable)")
      ->allow_extra_args(false);
  command.add_option("--debug-dir", request.debug_dirs, "Where else to look for vmlinux")
      ->allow_extra_args(false);
  command.add_option("--modules", request.modules_dir, "Where the modules' .ko files are");
  command.add_option("--shard", options.shard, "K/N: only the Kth of N shares of the dumps");
  command.add_option("--summary", options.summary_of, "Say what the database of a scan holds");
  command
      .add_option("-f,--format", options.format,
                  "Format of the summary; html: a page for each dump, and index.html for all")
      ->check(CLI::IsMember({"text", "json", "html"}))
      ->capture_default_str();
}

void add_workers(CLI::App& command, ScanOptions& options) {
  scan::ScanRequest& request = options.request;
  request.jobs = std::max(1U, std::thread::hardware_concurrency());
  command.add_option("-j,--jobs", request.jobs, "Dumps at a time (default: as many as CPUs)")
      ->check(CLI::Range(1, 4096));
  command.add_option("--time-limit", options.time_limit, "Seconds for one dump; 0: no limit")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command
      .add_option("--memory-limit", options.memory_limit,
                  "Memory for one dump, mapped files not counted (512M, 4G); 0: no limit")
      ->transform(CLI::AsSizeValue(false));
  command.add_flag("--retry-failed", request.retry_failed,
                   "Look again at dumps that could not be analysed");
  command.add_flag(
      "--redact", request.redact,
      "Leave out whose machines they were: hosts, command lines, files, user processes");
  command.add_flag("--no-memory-scan", options.no_memory_scan,
                   "Do not look for every lock in memory");
  command.add_flag("--no-cache", options.no_cache, "Neither read nor write the layout cache");
}

}  // namespace

void add_scan(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand("scan", "Many dumps: a report each, and a database of bugs");
  auto options = std::make_shared<ScanOptions>();
  add_inputs(*command, *options);
  add_workers(*command, *options);
  command->callback(
      [&invocation, options] { invocation.run = [options] { return scan_dumps(*options); }; });
}

}  // namespace kmortem::cli
