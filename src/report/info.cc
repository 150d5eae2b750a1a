// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/info.h"

#include <fmt/core.h>

#include <ctime>

#include "base/hex.h"
#include "report/header_text.h"
#include "report/json_parts.h"
#include "report/layout.h"
#include "report/printable.h"
#include "report/text.h"

namespace kmortem::report {

namespace {

using Rows = std::vector<std::vector<std::string>>;

void add(Rows& rows, const char* label, const std::string& value) {
  if (!value.empty()) rows.push_back({label, printable(value)});
}

std::string utc_text(int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  if (seconds <= 0 || gmtime_r(&time, &parts) == nullptr) return {};
  char text[32];
  return std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &parts) == 0 ? "" : text;
}

std::string vmcoreinfo_text(model::VmcoreinfoSource source) {
  switch (source) {
    case model::VmcoreinfoSource::note:
      return "in the dump's notes";
    case model::VmcoreinfoSource::memory:
      return "no note; found in the kernel's memory";
    case model::VmcoreinfoSource::none:
      return "none";
  }
  return {};
}

std::string packed_text(const model::DumpInfo& dump) {
  std::string text;
  for (const std::string& name : dump.packed_in) text += (text.empty() ? "" : " of ") + name;
  if (dump.piped) text += text.empty() ? "read from a pipe" : ", read from a pipe";
  return text;
}

void add_parts(const model::DumpInfo& dump, Rows& rows) {
  for (const model::DumpPart& part : dump.parts) {
    const std::string held = part.begin == part.end
                                 ? "no pages"
                                 : fmt::format("physical {:#x}-{:#x}", part.begin, part.end - 1);
    add(rows, "part", fmt::format("{} ({})", part.path, held));
  }
  if (dump.missing_pages != 0) {
    add(rows, "parts missing", "with " + count_text(dump.missing_pages, "page"));
  }
}

/// Which CPUs' registers the notes have: the first so many, for they have no numbers.
std::string registers_text(const model::Snapshot& snapshot) {
  const model::RegisterNotes& notes = snapshot.dump.registers;
  if (notes.cpus == 0) return "none: no CPU left a note";
  std::string text = notes.cpus == 1 ? "of CPU 0" : fmt::format("of CPUs 0-{}", notes.cpus - 1);
  const auto all = static_cast<int>(snapshot.cpus.size());
  if (notes.cpus < all) {
    text += all - notes.cpus == 1 ? fmt::format(", not of CPU {}", notes.cpus)
                                  : fmt::format(", not of CPUs {}-{}", notes.cpus, all - 1);
  }
  return text + (notes.control_cpus == notes.cpus ? ", with control registers"
                                                  : ", without control registers");
}

void add_dump(const model::Snapshot& snapshot, Rows& rows) {
  const model::DumpInfo& dump = snapshot.dump;
  add(rows, "dump", dump.path);
  add(rows, "format", dump_text(dump));
  add(rows, "packed in", packed_text(dump));
  add_parts(dump, rows);
  if (dump.present_bytes != 0) add(rows, "memory held", size_text(dump.present_bytes));
  if (dump.excluded_pages != 0) {
    add(rows, "left out", count_text(dump.excluded_pages, "page") + " filtered when it was made");
  }
  if (dump.truncated) add(rows, "damage", "the file is truncated: what it should end with is lost");
  add(rows, "vmcoreinfo", vmcoreinfo_text(dump.vmcoreinfo));
  add(rows, "registers", registers_text(snapshot));
  const std::string known_by =
      dump.kaslr_from.empty() ? ", for want of better" : ", by " + dump.kaslr_from;
  add(rows, "kaslr offset", hex_short(dump.kaslr_offset) + known_by);
  add(rows, "phys_base", hex_short(dump.phys_base));
  if (dump.page_table_levels != 0) {
    add(rows, "paging",
        fmt::format("{} levels, {}", dump.page_table_levels,
                    dump.page_tables.empty() ? "no usable tables" : dump.page_tables + " tables"));
  }
}

void add_kernel(const model::Snapshot& snapshot, Rows& rows) {
  const model::KernelInfo& kernel = snapshot.kernel;
  add(rows, "kernel", kernel.release.empty() ? snapshot.dump.release : kernel.release);
  add(rows, "version", kernel.version);
  add(rows, "machine", kernel.machine);
  add(rows, "host", kernel.node_name);
  add(rows, "build-id", snapshot.dump.build_id);
  add(rows, "command line", kernel.command_line);
  if (kernel.possible_cpus != 0) {
    size_t online = 0;
    for (const model::Cpu& cpu : snapshot.cpus) online += cpu.online ? 1U : 0U;
    add(rows, "cpus", fmt::format("{} possible, {} online", kernel.possible_cpus, online));
  }
  if (kernel.uptime_ns != 0) add(rows, "up", duration_text(kernel.uptime_ns));
  add(rows, "died", utc_text(kernel.crash_time));
  add(rows, "panic", panic_text(snapshot));
  add(rows, "tainted", kernel.taint_flags.empty() ? "no" : kernel.taint_flags);
}

void add_debuginfo(const model::DebuginfoInfo& debuginfo, Rows& rows) {
  add(rows, debuginfo.from_profile ? "profile" : "vmlinux",
      debuginfo.path.empty() ? "none" : debuginfo.path);
  if (debuginfo.path.empty()) return;
  add(rows, "match", debuginfo_text(debuginfo));
  if (debuginfo.from_cache) add(rows, "cache", "used: no DWARF was read");
}

std::string state_text(bool on, const std::string& why_not) {
  return on ? "on" : why_not.empty() ? "off" : why_not;
}

std::string confinement_text(const ConfinementState& state) {
  return fmt::format("Landlock {}; seccomp {}", state_text(state.landlock, state.why_no_landlock),
                     state_text(state.seccomp, state.why_no_seccomp));
}

Json json_confinement(const ConfinementState& state) {
  return {{"landlock", state.landlock},
          {"why_no_landlock", json_text(state.why_no_landlock)},
          {"seccomp", state.seccomp},
          {"why_no_seccomp", json_text(state.why_no_seccomp)}};
}

}  // namespace

std::string info_text(const model::Snapshot& snapshot, const ConfinementState& confinement,
                      const TextOptions& options) {
  Rows rows;
  add_dump(snapshot, rows);
  add_kernel(snapshot, rows);
  add_debuginfo(snapshot.debuginfo, rows);
  if (!snapshot.tasks.empty()) add(rows, "tasks", std::to_string(snapshot.tasks.size()));
  if (!snapshot.modules.empty()) add(rows, "modules", std::to_string(snapshot.modules.size()));
  if (snapshot.lockdep.present || snapshot.scan.done) add(rows, "locks", locks_text(snapshot));
  add(rows, "confinement", confinement_text(confinement));
  const Style style(options.colour);
  std::string text;
  for (const auto& row : rows) {
    constexpr size_t kLabel = 14;
    text += style.bold(padded(row[0], kLabel)) + row[1] + "\n";
  }
  return text + "\n" + problems_text(snapshot.problems, options);
}

std::string info_json(const model::Snapshot& snapshot, const ConfinementState& confinement) {
  Json json = {{"schema", "kmortem-info/1"},
               {"tool", json_tool()},
               {"dump", json_dump(snapshot.dump)},
               {"debuginfo", json_debuginfo(snapshot.debuginfo)},
               {"kernel", json_kernel(snapshot.kernel)},
               {"confinement", json_confinement(confinement)},
               {"problems", json_problems(snapshot.problems)}};
  return json_dumped(json);
}

}  // namespace kmortem::report
