// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/scan.h"

#include <fmt/core.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "debuginfo/elf_file.h"
#include "report/redact.h"
#include "scan/cover_names.h"
#include "scan/database.h"
#include "scan/dump_worker.h"
#include "scan/stop_signals.h"
#include "scan/vmlinux_store.h"
#include "scan/whole_file.h"

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
  if (request.redact) text += kRedacting;
  return text;
}

/// Results with names and results without must not get into one database: it would not be known
/// which of them may be given away.
Result<void> check_alike(Database& database, const ScanRequest& request, const std::string& path) {
  for (const std::string& tool : database.tools()) {
    if (tool.ends_with(kRedacting) == request.redact) continue;
    return fail(fmt::format("{}: has results {} --redact; give these a folder of their own", path,
                            request.redact ? "without" : "of"));
  }
  return {};
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

std::string private_dir(const ScanRequest& request) {
  return request.output_dir + "/private";
}

std::string index_path(const ScanRequest& request) {
  return (request.redact ? private_dir(request) : request.output_dir) + "/vmlinux-index";
}

std::string redacted_reason(const Item& item, const std::string& reason) {
  model::Snapshot snapshot;
  snapshot.dump.path = item.path;
  return report::redacted_sentence(snapshot, reason);
}

class Scan {
 public:
  Scan(const ScanRequest& request, const std::function<void(const Progress&)>& on_progress,
       std::unique_ptr<Database> database, const std::optional<CoverNames>& covers)
      : request_(request),
        on_progress_(on_progress),
        database_(std::move(database)),
        covers_(covers) {}

  Result<ScanResult> run(const std::vector<std::string>& roots) {
    const StopSignals stop;
    Discovery found = find_dumps(roots, request_.output_dir, request_.shard);
    result_.complaints = std::move(found.complaints);
    result_.found = found.items.size();
    if (auto covered = cover(found.items); !covered) return std::unexpected(covered.error());
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
  /// Which name stands for which dump is for the owner of the results to know.
  Result<void> cover(std::vector<Item>& items) const {
    if (!covers_) return {};
    std::string key;
    for (Item& item : items) {
      item.name = covers_->of_dump(item.path);
      key += fmt::format("{}\t{}\n", item.name, item.path);
    }
    return write_whole_file(fmt::format("{}/names-{}.txt", private_dir(request_), tag()), tag(),
                            key);
  }

  std::string tag() const { return fs::path(database_name(request_.shard)).stem().string(); }

  bool done_before(const Item& item) {
    const auto before = database_->recorded(item.name);
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
    const VmlinuxStore store(request_.vmlinux_stores, index_path(request_));
    WorkerSettings settings;
    settings.output_dir = request_.output_dir;
    settings.tag = tag();
    settings.covers = covers_ ? &*covers_ : nullptr;
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
    Outcome outcome = outcome_of(item, ending);
    if (covers_) outcome.reason = redacted_reason(item, outcome.reason);
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
  const std::optional<CoverNames>& covers_;
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
  if (auto alike = check_alike(**database, request, path); !alike) {
    return std::unexpected(alike.error());
  }
  std::optional<CoverNames> covers;
  if (request.redact) {
    auto opened = CoverNames::open(private_dir(request));
    if (!opened) return std::unexpected(opened.error());
    covers = *opened;
  }
  auto result = Scan(request, on_progress, std::move(*database), covers).run(roots);
  if (result) result->database = path;
  return result;
}

}  // namespace kmortem::scan
