// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/redact.h"

#include <fmt/core.h>

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "report/redact_log.h"

namespace kmortem::report {

namespace {

using model::Snapshot;

class Redaction {
 public:
  explicit Redaction(const Snapshot& snapshot) {
    for (const model::Task& task : snapshot.tasks) {
      if (is_kernels(task)) names_.tasks.keep(task.comm);
    }
    for (const model::Task& task : snapshot.tasks) {
      comms_.emplace(task.address, new_name(task));
      by_pid_.try_emplace(task.pid, task.comm, new_name(task));
    }
    for (const model::LogRecord& record : snapshot.log) learn_from(record);
    for (const model::Splat& splat : snapshot.splats) learn_from(splat);
    learn_host(snapshot.kernel.node_name);
    learn_parameters(snapshot.kernel.command_line);
    learn_files(snapshot);
  }

  void apply(Snapshot& snapshot) {
    redact_kernel(snapshot.kernel);
    redact_dump(snapshot);
    for (model::Cpu& cpu : snapshot.cpus) shorten(cpu.stack);
    for (model::Task& task : snapshot.tasks) redact_task(task);
    for (model::LogRecord& record : snapshot.log) redact_record(record, names_);
    for (model::LockState& lock : snapshot.locks) redact_lock(lock);
    for (model::Splat& splat : snapshot.splats) redact_splat(splat);
    for (auto& [pc, frame] : snapshot.code) shorten(frame);
    for (std::string& line : snapshot.lockdep.inconsistencies) line = sentence(line);
    snapshot.problems = redacted_problems(snapshot.problems);
  }

  /// A sentence of this tool. It names a task as "comm [pid]", and quotes the log.
  std::string sentence(const std::string& text) {
    if (quotes_log(text)) return redacted_line(text, names_);
    std::string result = replace_paths(with_pids_renamed(with_tasks_renamed(text)), names_.files);
    result = names_.files.replace_words(result, true);
    result = names_.hosts.replace_words(result);
    return names_.tasks.replace_words(result, true);
  }

  void apply(model::Finding& finding) {
    finding.title = sentence(finding.title);
    finding.explanation = sentence(finding.explanation);
    finding.remedy = sentence(finding.remedy);
    for (model::TaskRef& task : finding.tasks) {
      const auto known = comms_.find(task.address);
      task.comm = known != comms_.end() ? known->second : stranger(task.comm);
    }
    for (model::Evidence& evidence : finding.evidence) {
      evidence.text = sentence(evidence.text);
      shorten(evidence.stack);
    }
  }

 private:
  static bool is_kernels(const model::Task& task) { return task.kernel_thread || task.idle; }

  std::string new_name(const model::Task& task) {
    return is_kernels(task) ? task.comm : names_.tasks.of(task.comm);
  }

  // A task that the list does not have may have been anything.
  std::string stranger(const std::string& comm) {
    const bool kernels = comm.starts_with("swapper/") || comm.starts_with("kworker/");
    return kernels || names_.tasks.keeps(comm) ? comm : names_.tasks.of(comm);
  }

  void learn_from(const model::LogRecord& record) {
    if (record.facility != 0) return;
    std::string_view rest = record.text;
    while (!rest.empty()) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      learn_names(rest.substr(0, end), names_.tasks);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }

  // A splat's own words for a task stand in our sentences, and its lines among the evidence.
  void learn_from(const model::Splat& splat) {
    for (const model::SplatTask& task : splat.tasks) {
      const std::string name = stranger(task.comm);
      by_pid_.try_emplace(task.pid, task.comm, name);
      std::string printed = task.printed;
      rename_front(printed, task.comm, name);
      if (printed != task.printed) printed_.emplace(task.printed, printed);
    }
    for (const model::SplatStack& stack : splat.stacks) quoted_.insert(stack.about);
  }

  // "db1.example.org" is also called "db1".
  void learn_host(const std::string& host) {
    if (host.empty() || host == "(none)") return;
    names_.hosts.of(host);
    names_.hosts.of(host.substr(0, host.find('.')));
  }

  // "root=UUID=1234" is quoted in the log here and there; "quiet" is a word like others.
  void learn_parameters(std::string_view line) {
    while (!line.empty()) {
      const size_t end = std::min(line.find(' '), line.size());
      const std::string_view word = line.substr(0, end);
      if (word.find('=') != std::string_view::npos) names_.parameters.of(word);
      line.remove_prefix(std::min(end + 1, line.size()));
    }
  }

  void learn_files(const Snapshot& snapshot) {
    std::vector<std::string> paths = {snapshot.dump.path, snapshot.debuginfo.path};
    for (const model::DumpPart& part : snapshot.dump.parts) paths.push_back(part.path);
    for (const std::string& path : paths) {
      if (path.empty() || path == "-") continue;
      names_.files.of(path);
      const std::string name = std::filesystem::path(path).filename();
      // What every dump is called tells nothing, and stands in the tool's own sentences.
      if (!name.empty() && name != "vmcore" && name != "vmlinux") names_.files.of(name);
    }
  }

  void redact_kernel(model::KernelInfo& kernel) {
    kernel.node_name = names_.hosts.replace_words(kernel.node_name);
    if (!kernel.command_line.empty()) kernel.command_line = "(redacted)";
    kernel.banner = redacted_line(kernel.banner, names_);
    kernel.version = redacted_line(kernel.version, names_);
    kernel.panic_message = redacted_line(kernel.panic_message, names_);
  }

  static void redact_dump(Snapshot& snapshot) {
    model::DumpInfo& dump = snapshot.dump;
    if (dump.path != "-" && !dump.path.empty()) dump.path = "vmcore";
    for (size_t i = 0; i < dump.parts.size(); ++i) {
      dump.parts[i].path = fmt::format("vmcore.{}", i + 1);
    }
    model::DebuginfoInfo& debuginfo = snapshot.debuginfo;
    if (!debuginfo.path.empty()) debuginfo.path = debuginfo.from_profile ? "profile" : "vmlinux";
  }

  void redact_task(model::Task& task) {
    task.comm = new_name(task);
    shorten(task.stack);
    for (model::HeldLock& held : task.held_locks) shorten(held.acquired_at);
    if (task.one_past_top) shorten(task.one_past_top->acquired_at);
  }

  void redact_lock(model::LockState& lock) {
    for (model::LockParty& party : lock.owners) party.evidence = sentence(party.evidence);
    for (model::LockParty& party : lock.waiters) party.evidence = sentence(party.evidence);
    for (std::string& line : lock.undecided) line = sentence(line);
  }

  void redact_splat(model::Splat& splat) {
    splat.title = redacted_line(splat.title, names_);
    splat.matched_by = sentence(splat.matched_by);
    for (model::SplatTask& task : splat.tasks) {
      const std::string comm = stranger(task.comm);
      for (model::SplatLock& lock : splat.locks) rename_front(lock.held_by, task.comm, comm);
      rename_front(task.printed, task.comm, comm);
      task.comm = comm;
    }
    for (model::SplatLock& lock : splat.locks) shorten(lock.stack);
    for (model::SplatStack& stack : splat.stacks) {
      stack.about = redacted_line(stack.about, names_);
      shorten(stack.stack);
    }
  }

  // "comm/pid", "comm:pid".
  static void rename_front(std::string& text, const std::string& old_name,
                           const std::string& new_name) {
    if (old_name.empty() || !text.starts_with(old_name)) return;
    text.replace(0, old_name.size(), new_name);
  }

  model::Problems redacted_problems(const model::Problems& problems) {
    model::Problems result;
    for (model::Problem problem : problems.all()) {
      problem.structure = sentence(problem.structure);
      problem.reason = sentence(problem.reason);
      problem.consequence = sentence(problem.consequence);
      result.add(std::move(problem));
    }
    return result;
  }

  // A kernel's own sources are named relative to its tree.
  static void shorten(model::Frame& frame) {
    if (frame.file.starts_with('/')) frame.file = std::filesystem::path(frame.file).filename();
  }

  void shorten(model::Stack& stack) {
    for (model::Frame& frame : stack) {
      shorten(frame);
      frame.note = sentence(frame.note);
    }
  }

  // In the log's own words a name is a name, even one that could be a word of a sentence.
  bool quotes_log(const std::string& text) const {
    return text.starts_with("log, ") || quoted_.contains(text);
  }

  // "bookkeeper:812 slept uninterruptibly for too long."
  std::string with_tasks_renamed(std::string text) const {
    for (const auto& [printed, name] : printed_) {
      for (size_t at = text.find(printed); at != text.npos; at = text.find(printed, at)) {
        text.replace(at, printed.size(), name);
        at += name.size();
      }
    }
    return text;
  }

  std::string with_pids_renamed(std::string_view text) const {
    std::string result;
    while (!text.empty()) {
      const size_t open = text.find(" [");
      const size_t close = open == std::string_view::npos ? open : text.find(']', open);
      if (close == std::string_view::npos) return result.append(text);
      std::string_view before = text.substr(0, open);
      const Renamed* name = name_before(before, text.substr(open + 2, close - open - 2));
      if (name != nullptr) before.remove_suffix(name->first.size());
      result.append(before);
      if (name != nullptr) result.append(name->second);
      result.append(text.substr(open, close + 1 - open));
      text.remove_prefix(close + 1);
    }
    return result;
  }

  /// A task's comm, and what it is called instead.
  using Renamed = std::pair<std::string, std::string>;

  // Of the task with that pid, when the text ends with its comm.
  const Renamed* name_before(std::string_view text, std::string_view digits) const {
    int pid = 0;
    for (const char c : digits) {
      if (c < '0' || c > '9' || pid > 100'000'000) return nullptr;
      pid = pid * 10 + (c - '0');
    }
    const auto known = by_pid_.find(pid);
    if (digits.empty() || known == by_pid_.end()) return nullptr;
    return text.ends_with(known->second.first) ? &known->second : nullptr;
  }

  LogNames names_;
  std::unordered_map<uint64_t, std::string> comms_;  // new names by task_struct
  std::unordered_map<int, Renamed> by_pid_;
  std::map<std::string, std::string, std::greater<>> printed_;  // "comm:pid"; the longer ones first
  std::set<std::string> quoted_;                                // lines of the log in evidence
};

}  // namespace

Snapshot redacted(Snapshot snapshot) {
  Redaction(snapshot).apply(snapshot);
  return snapshot;
}

model::Report redacted(model::Report report) {
  Redaction redaction(report.snapshot);
  for (model::Finding& finding : report.findings) redaction.apply(finding);
  redaction.apply(report.snapshot);
  return report;
}

std::string redacted_sentence(const Snapshot& about, const std::string& text) {
  return Redaction(about).sentence(text);
}

}  // namespace kmortem::report
