// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/header_text.h"

#include <fmt/core.h>

#include "report/layout.h"
#include "report/printable.h"

namespace kmortem::report {

namespace {

std::string spaced(const std::string& letters) {
  std::string text;
  for (const char c : letters) {
    if (c == ' ') continue;
    if (!text.empty()) text += ' ';
    text += c;
  }
  return text;
}

std::string kernel_text(const model::Snapshot& snapshot) {
  const model::KernelInfo& kernel = snapshot.kernel;
  const std::string& release = kernel.release.empty() ? snapshot.dump.release : kernel.release;
  std::string text = release.empty() ? "unknown release" : printable(release);
  if (!kernel.version.empty()) text += "   " + printable(kernel.version);
  const uint64_t cpus = snapshot.cpus.empty() ? kernel.possible_cpus : snapshot.cpus.size();
  if (cpus != 0) text += "   " + count_text(cpus, "CPU");
  if (kernel.uptime_ns != 0) text += "   up " + duration_text(kernel.uptime_ns);
  text += kernel.taint_flags.empty() ? "" : "   tainted: " + spaced(printable(kernel.taint_flags));
  return text;
}

struct HeldCount {
  size_t locks = 0;
  size_t tasks = 0;
};

HeldCount held_count(const model::Snapshot& snapshot) {
  HeldCount count;
  for (const model::Task& task : snapshot.tasks) {
    count.locks += task.held_locks.size();
    if (!task.held_locks.empty()) ++count.tasks;
  }
  return count;
}

}  // namespace

std::string dump_text(const model::DumpInfo& dump) {
  std::string text = dump.format.empty() ? "unknown format" : dump.format;
  if (dump.flattened) text += " (flattened)";
  if (!dump.compression.empty() && dump.compression != "none") text += ", " + dump.compression;
  if (dump.file_size != 0) text += ", " + size_text(dump.file_size);
  if (dump.dump_level > 0) text += fmt::format(", pages filtered (-d {})", dump.dump_level);
  if (dump.truncated) text += ", TRUNCATED";
  return text;
}

std::string debuginfo_text(const model::DebuginfoInfo& debuginfo) {
  if (debuginfo.path.empty()) return "none";
  const std::string match =
      debuginfo.matched_by_build_id ? "build-id matches" : "release and version match";
  return debuginfo.from_profile ? match + " (a profile: no source lines)" : match;
}

std::string panic_text(const model::Snapshot& snapshot) {
  const model::KernelInfo& kernel = snapshot.kernel;
  if (kernel.panic_message.empty() && kernel.panic_cpu < 0) {
    return "none: the machine had not panicked when the dump was made";
  }
  std::string text =
      kernel.panic_message.empty() ? "unknown message" : printable(kernel.panic_message);
  if (kernel.panic_cpu < 0) return text;
  text += fmt::format(", on CPU {}", kernel.panic_cpu);
  for (const model::Cpu& cpu : snapshot.cpus) {
    if (cpu.number != kernel.panic_cpu) continue;
    const model::Task* task = snapshot.task_at(cpu.current_task);
    if (task != nullptr) text += fmt::format(" in {} [{}]", printable(task->comm), task->pid);
  }
  return text;
}

std::string locks_text(const model::Snapshot& snapshot) {
  const model::Lockdep& lockdep = snapshot.lockdep;
  if (!lockdep.present) {
    return snapshot.scan.spinlocks.empty()
               ? "no lockdep in this kernel"
               : fmt::format("no lockdep in this kernel; {} in memory",
                             count_text(snapshot.scan.spinlocks.size(), "spinlock"));
  }
  const HeldCount held = held_count(snapshot);
  std::string text = lockdep.enabled ? "lockdep is on" : "lockdep had stopped (debug_locks = 0)";
  text +=
      fmt::format(": {}, {}", count_text(lockdep.classes.size(), "class", "classes"),
                  count_text(lockdep.counters.nr_list_entries / 2, "dependency", "dependencies"));
  if (!snapshot.tasks.empty()) {
    text += held.locks == 0 ? ", no lock held"
                            : fmt::format(", {} held by {}", count_text(held.locks, "lock"),
                                          count_text(held.tasks, "task"));
    if (!lockdep.enabled) text += " at that time";
  }
  if (snapshot.scan.done) {
    text += fmt::format("; {} found in memory", count_text(snapshot.scan.maps.size(), "lock"));
  }
  return text;
}

std::string header_text(const model::Snapshot& snapshot, const Style& style) {
  // A log alone tells neither how the machine died nor what its tables hold.
  if (snapshot.dump.format == "log") {
    return fmt::format("{}   log: {}\n{}  {}\n", style.bold("kmortem " KMORTEM_VERSION),
                       size_text(snapshot.dump.file_size), style.bold("Kernel"),
                       kernel_text(snapshot));
  }
  std::string text =
      fmt::format("{}   vmcore: {}   vmlinux: {}\n", style.bold("kmortem " KMORTEM_VERSION),
                  dump_text(snapshot.dump), debuginfo_text(snapshot.debuginfo));
  text += fmt::format("{}  {}\n", style.bold("Kernel"), kernel_text(snapshot));
  text += fmt::format("{}   {}\n", style.bold("Panic"), panic_text(snapshot));
  text += fmt::format("{}   {}\n", style.bold("Locks"), locks_text(snapshot));
  return text;
}

}  // namespace kmortem::report
