// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/dump_command.h"
#include "cli/output.h"
#include "postmortem/source_lines.h"
#include "report/backtrace.h"
#include "report/redact.h"

namespace kmortem::cli {

namespace {

struct BtOptions {
  DumpOptions dump;
  bool all_cpus = false;
  bool all_tasks = false;
  std::vector<int> cpus;
  std::vector<std::string> tasks;  ///< pids and addresses of task_structs
};

using Subjects = std::vector<report::BacktraceSubject>;

std::optional<uint64_t> parse_number(std::string_view text) {
  // A bare number of 16 digits is an address, as engineers paste it.
  const bool prefixed = text.starts_with("0x");
  const int base = prefixed || text.size() == 16 ? 16 : 10;
  if (prefixed) text.remove_prefix(2);
  uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return value;
}

bool is_meant(const model::Task& task, uint64_t number) {
  return task.address == number || static_cast<uint64_t>(task.pid) == number;
}

class Selection {
 public:
  Selection(const BtOptions& options, const model::Snapshot& snapshot)
      : options_(options), snapshot_(snapshot) {}

  Result<Subjects> choose() {
    if (options_.all_cpus) add_all_cpus();
    for (const int number : options_.cpus) {
      if (auto added = add_cpu(number); !added) return std::unexpected(added.error());
    }
    for (const std::string& text : options_.tasks) {
      if (auto added = add_tasks(text); !added) return std::unexpected(added.error());
    }
    if (options_.all_tasks) {
      add_all_cpus();
      for (const model::Task& task : snapshot_.tasks) {
        if (!task.on_cpu) chosen_.push_back({nullptr, &task});
      }
    }
    const bool asked = options_.all_cpus || options_.all_tasks || !options_.cpus.empty() ||
                       !options_.tasks.empty();
    if (!asked) add_default();
    return std::move(chosen_);
  }

 private:
  void add(const model::Cpu& cpu) {
    const auto known = std::ranges::find(chosen_, &cpu, &report::BacktraceSubject::cpu);
    if (known == chosen_.end()) chosen_.push_back({&cpu, snapshot_.task_at(cpu.current_task)});
  }

  void add_all_cpus() {
    for (const model::Cpu& cpu : snapshot_.cpus) add(cpu);
  }

  // The CPU that panicked; without one every CPU that was online.
  void add_default() {
    for (const model::Cpu& cpu : snapshot_.cpus) {
      if (cpu.number == snapshot_.kernel.panic_cpu) add(cpu);
    }
    if (!chosen_.empty()) return;
    for (const model::Cpu& cpu : snapshot_.cpus) {
      if (cpu.online) add(cpu);
    }
  }

  Result<void> add_cpu(int number) {
    const auto cpu = std::ranges::find(snapshot_.cpus, number, &model::Cpu::number);
    if (cpu == snapshot_.cpus.end()) return fail(fmt::format("there is no CPU {}", number));
    add(*cpu);
    return {};
  }

  Result<void> add_tasks(const std::string& text) {
    const auto number = parse_number(text);
    if (!number) return fail(fmt::format("\"{}\" is neither a pid nor a task's address", text));
    const size_t before = chosen_.size();
    for (const model::Task& task : snapshot_.tasks) {
      if (!is_meant(task, *number)) continue;
      const auto cpu = std::ranges::find(snapshot_.cpus, task.address, &model::Cpu::current_task);
      chosen_.push_back({cpu == snapshot_.cpus.end() ? nullptr : &*cpu, &task});
    }
    if (chosen_.size() == before) return fail(fmt::format("there is no task {}", text));
    return {};
  }

  const BtOptions& options_;
  const model::Snapshot& snapshot_;
  Subjects chosen_;
};

void add_lines(const Subjects& subjects, const BtOptions& options, DumpRun& run) {
  const PhaseTimer timer(run.times, "source lines");
  std::vector<postmortem::ShownStack> shown;
  for (const report::BacktraceSubject& subject : subjects) {
    // The subjects point into the snapshot, which is ours to complete.
    if (subject.cpu != nullptr) {
      auto* cpu = const_cast<model::Cpu*>(subject.cpu);
      shown.push_back({&cpu->stack, &cpu->stack_state});
    } else {
      auto* task = const_cast<model::Task*>(subject.task);
      shown.push_back({&task->stack, &task->stack_state});
    }
  }
  std::vector<std::string> folders;
  if (!options.dump.modules_dir.empty()) folders.push_back(options.dump.modules_dir);
  postmortem::add_source_lines(shown, run.snapshot, run.opened, std::move(folders));
}

Result<DumpAnswer> backtraces(const BtOptions& options, DumpRun& run) {
  auto subjects = Selection(options, run.snapshot).choose();
  if (!subjects) return std::unexpected(subjects.error());
  add_lines(*subjects, options, run);
  // The subjects point at tasks and CPUs, which stay where they are when their lists are moved.
  if (options.dump.redact) run.snapshot = report::redacted(std::move(run.snapshot));
  if (options.dump.format == "json") {
    return DumpAnswer{report::backtrace_json(run.snapshot, *subjects)};
  }
  return DumpAnswer{report::backtrace_text(run.snapshot, *subjects, text_options(options.dump))};
}

// Unwinds no more than is asked for.
std::function<bool(const model::Task&)> tasks_wanted(const BtOptions& options) {
  if (options.all_tasks) return {};
  std::vector<uint64_t> numbers;
  for (const std::string& text : options.tasks) {
    if (const auto number = parse_number(text)) numbers.push_back(*number);
  }
  return [numbers](const model::Task& task) {
    return std::ranges::any_of(numbers, [&](uint64_t number) { return is_meant(task, number); });
  };
}

}  // namespace

void add_bt(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand(
      "bt", "Kernel stacks, through every interrupt and exception to what was interrupted");
  auto options = std::make_shared<BtOptions>();
  add_dump_options(*command, options->dump, {"text", "json"});
  add_redact_option(*command, options->dump);
  add_without_orc_option(*command, options->dump);
  command->add_option("TASK", options->tasks,
                      "Tasks: pids or addresses (default: the CPU that panicked, or all CPUs)");
  command->add_flag("-a,--all-cpus", options->all_cpus, "What every CPU was doing");
  command->add_option("-c,--cpu", options->cpus, "What this CPU was doing")
      ->allow_extra_args(false);
  command->add_flag("-t,--tasks", options->all_tasks, "Every task, the running ones first");
  command->callback([&invocation, options] {
    invocation.run = [options] {
      postmortem::SnapshotParts parts;
      parts.tasks = parts.modules = parts.stacks = true;
      parts.stacks_of = tasks_wanted(*options);
      parts.without_orc = options->dump.without_orc;
      return run_on_dump(options->dump, parts,
                         [&](DumpRun& run) { return backtraces(*options, run); });
    };
  });
}

}  // namespace kmortem::cli
