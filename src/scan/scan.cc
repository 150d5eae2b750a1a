// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/scan.h"

#include <fmt/core.h>

#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include "debuginfo/elf_file.h"
#include "scan/database.h"
#include "scan/dump_worker.h"
#include "scan/stop_signals.h"
#include "scan/vmlinux_store.h"

namespace kmortem::scan {

namespace {

namespace fs = std::filesystem;

// Enough to tell builds apart.
constexpr size_t kBuildIdShown = 12;

/// Which kmortem looks at the dumps, and how: results of another are not today's.
std::string tool_text(const ScanRequest& request) {
  const auto self = debuginfo::ElfFile::open("/proc/self/exe");
  const std::string build = self ? (*self)->build_id().substr(0, kBuildIdShown) : "";
  std::string text = "kmortem " KMORTEM_VERSION;
  if (!build.empty()) text += " (" + build + ")";
  if (!request.memory_scan) text += " without memory scan";
  return text;
}

int64_t now_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// What workers of an earlier run that was killed had begun to write.
void remove_partial_files(const std::string& output_dir, const std::string& tag) {
  const std::string ending = "." + tag + ".partial";
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(output_dir + "/reports", error)) {
    const std::string path = entry.path().string();
    std::error_code ignored;
    if (path.ends_with(ending)) fs::remove(path, ignored);
  }
}

Outcome outcome_of(const Item& item, const Ending& ending) {
  Outcome outcome;
  outcome.host = item.host;
  outcome.reason = ending.message;
  switch (ending.how) {
    case Ending::How::finished: {
      auto told = parse_outcome(ending.message);
      if (told) outcome = std::move(*told);
      if (!told) outcome.reason = told.error().message;
      break;
    }
    case Ending::How::timed_out:
      outcome.status = Status::timeout;
      outcome.reason =
          fmt::format("ended after {:.1f} s", static_cast<double>(ending.duration.count()) / 1000);
      break;
    case Ending::How::out_of_memory:
      outcome.status = Status::out_of_memory;
      outcome.reason = "needed more than its limit of memory";
      break;
    case Ending::How::crashed:
      break;
  }
  outcome.duration_ms = ending.duration.count();
  outcome.memory_kb = ending.memory_kb;
  return outcome;
}

class Scan {
 public:
  Scan(const ScanRequest& request, const std::function<void(const Progress&)>& on_progress,
       std::unique_ptr<Database> database)
      : request_(request), on_progress_(on_progress), database_(std::move(database)) {}

  Result<ScanResult> run(const std::vector<std::string>& roots) {
    const StopSignals stop;
    Discovery found = find_dumps(roots, request_.output_dir, request_.shard);
    result_.complaints = std::move(found.complaints);
    result_.found = found.items.size();
    for (Item& item : found.items) {
      if (done_before(item)) continue;
      items_.push_back(std::move(item));
    }
    result_.skipped = result_.found - items_.size();
    if (!items_.empty()) analyse(stop.flag());
    if (error_) return std::unexpected(*error_);
    result_.interrupted = *stop.flag() != 0;
    if (auto finished = database_->finish(); !finished) return std::unexpected(finished.error());
    result_.any_findings = database_->has_findings();
    return std::move(result_);
  }

 private:
  bool done_before(const Item& item) {
    const auto before = database_->recorded(item.path);
    if (!before || before->size != item.size || before->mtime_ns != item.mtime_ns) return false;
    if (before->tool != tool_) return false;
    if (request_.retry_failed && before->status != Status::analysed) return false;
    if (before->report.empty()) return true;
    std::error_code error;
    const fs::path report = fs::path(request_.output_dir) / before->report;
    return fs::exists(report, error) &&
           (!request_.pages || fs::exists(page_path(report.string()), error));
  }

  void analyse(const volatile sig_atomic_t* stop) {
    const VmlinuxStore store(request_.vmlinux_stores, request_.output_dir + "/vmlinux-index");
    WorkerSettings settings;
    settings.output_dir = request_.output_dir;
    settings.tag = fs::path(database_name(request_.shard)).stem().string();
    settings.debug_dirs = request_.debug_dirs;
    settings.modules_dir = request_.modules_dir;
    settings.use_cache = request_.use_cache;
    settings.memory_scan = request_.memory_scan;
    settings.store = &store;
    settings.pages = request_.pages ? &*request_.pages : nullptr;
    remove_partial_files(settings.output_dir, settings.tag);

    WorkerPool pool(request_.jobs, request_.limits);
    started_ = Clock::now();
    pool.on_tick = [this](size_t running) { tell(running); };
    result_.done = pool.run(
        items_.size(),
        [&](size_t job) { return outcome_message(analyse_item(items_[job], settings)); },
        [&](size_t job, const Ending& ending) { record(items_[job], ending); }, stop);
    tell(0);
  }

  void record(const Item& item, const Ending& ending) {
    ++done_;
    const Outcome outcome = outcome_of(item, ending);
    if (outcome.status != Status::analysed) ++failed_;
    if (error_) return;
    auto recorded = database_->record(item, tool_, now_seconds(), outcome);
    if (!recorded) error_ = recorded.error();
  }

  void tell(size_t running) const {
    if (!on_progress_) return;
    const std::chrono::duration<double> elapsed = Clock::now() - started_;
    on_progress_({done_, items_.size(), failed_, running, elapsed.count()});
  }

  using Clock = std::chrono::steady_clock;
  const ScanRequest& request_;
  const std::function<void(const Progress&)>& on_progress_;
  std::unique_ptr<Database> database_;
  std::string tool_ = tool_text(request_);
  std::vector<Item> items_;
  ScanResult result_;
  size_t done_ = 0;
  size_t failed_ = 0;
  Clock::time_point started_;
  std::optional<Error> error_;
};

Result<void> make_folder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return fail(fmt::format("{}: cannot be made: {}", path, error.message()));
  return {};
}

}  // namespace

std::string database_name(const Shard& shard) {
  if (shard.of <= 1) return "kmortem.db";
  return fmt::format("shard-{}-of-{}.db", shard.number, shard.of);
}

Result<ScanResult> scan(const ScanRequest& request,
                        const std::function<void(const Progress&)>& on_progress) {
  std::vector<std::string> roots = request.roots;
  if (!request.manifest.empty()) {
    auto listed = read_manifest(request.manifest);
    if (!listed) return std::unexpected(listed.error());
    roots.insert(roots.end(), listed->begin(), listed->end());
  }
  if (auto made = make_folder(request.output_dir); !made) return std::unexpected(made.error());
  const std::string path = request.output_dir + "/" + database_name(request.shard);
  auto database = Database::open(path);
  if (!database) return std::unexpected(database.error());
  auto result = Scan(request, on_progress, std::move(*database)).run(roots);
  if (result) result->database = path;
  return result;
}

}  // namespace kmortem::scan
