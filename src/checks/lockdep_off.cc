// SPDX-License-Identifier: GPL-3.0-or-later
// lockdep-off: debug_locks is 0. Not a bug of its own, but it decides how far everything that
// lockdep recorded can be trusted.
#include <fmt/core.h>

#include <cctype>

#include "checks/lockdep_stop.h"
#include "checks/rules.h"
#include "checks/wording.h"

namespace kmortem::checks {

namespace {

// Which option makes a table larger (lib/Kconfig.debug, since 5.13); older kernels have constants.
struct TableOption {
  std::string_view table;
  std::string_view option;
};
constexpr TableOption kTableOptions[] = {
    {"list_entries", "CONFIG_LOCKDEP_BITS"},
    {"lock_chains", "CONFIG_LOCKDEP_CHAINS_BITS"},
    {"chain_hlocks", "CONFIG_LOCKDEP_CHAINS_BITS"},
    {"stack_trace", "CONFIG_LOCKDEP_STACK_TRACE_BITS"},
};

std::vector<const model::TableFill*> full_tables(const model::Lockdep& lockdep) {
  std::vector<const model::TableFill*> full;
  for (const model::TableFill& table : lockdep.tables) {
    if (table.capacity != 0 && table.used >= table.capacity) full.push_back(&table);
  }
  return full;
}

std::string bare_title(std::string_view line) {
  std::string_view text = trimmed(line);
  for (const std::string_view prefix : {"[ BUG: ", "[ INFO: ", "WARNING: "}) {
    if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
  }
  if (text.ends_with(" ]")) text.remove_suffix(2);
  return std::string(text);
}

std::string cause_text(const LockdepStop& stop) {
  const std::string line(trimmed(stop.line.text));
  switch (stop.cause) {
    case StopCause::report:
      return fmt::format("after its report \"{}\"", bare_title(stop.line.text));
    case StopCause::table_full:
      return fmt::format("because one of its tables was full (\"{}\")", line);
    case StopCause::misuse:
      return fmt::format("because a lock was misused (\"{}\")", line);
    case StopCause::lock_bug:
      return fmt::format("because a lock's own debugging found a bug (\"{}\")", line);
    case StopCause::taint:
      return "because a module or an error made the kernel untrustworthy to it";
    case StopCause::oops:
      return fmt::format("because of an oops (\"{}\")", line);
    case StopCause::panic:
      return "at the panic";
    case StopCause::unexplained:
      return fmt::format("at the latest, for a reason that the log does not have (\"{}\")", line);
  }
  return {};
}

std::string title_of(const std::optional<LockdepStop>& stop, bool tables_full) {
  if (stop) {
    return fmt::format("lockdep stopped at {} {}.", log_time(stop->line.time_ns),
                       cause_text(*stop));
  }
  if (tables_full) return "lockdep had stopped: one of its tables is full.";
  return "lockdep had stopped (debug_locks is 0), and the log does not say why.";
}

std::string explanation_of(const model::Snapshot& snapshot,
                           const std::optional<LockdepStop>& stop) {
  const std::string since = stop ? "since " + log_time(stop->line.time_ns) : "since then";
  std::string text = fmt::format(
      "Nothing has been checked or recorded {}. The lock classes, their order and every task's "
      "held "
      "locks are those of that moment: a lock that was taken later is not there, and one that is "
      "listed as held may long be free. Lock bugs that came later left no report.",
      since);
  const bool crash = stop && (stop->cause == StopCause::oops || stop->cause == StopCause::panic);
  if (crash) text += " The kernel does this at every oops: it is no sign of a lock bug.";
  if (snapshot.lockdep.silent) {
    text +=
        " debug_locks_silent is set: the report that stopped lockdep may not have been printed.";
  }
  return text;
}

std::string options_for(const std::vector<const model::TableFill*>& full) {
  std::vector<std::string> options;
  for (const model::TableFill* table : full) {
    for (const TableOption& entry : kTableOptions) {
      if (entry.table == table->name) options.emplace_back(entry.option);
    }
  }
  return join_words(options);
}

std::string remedy_of(const std::optional<LockdepStop>& stop,
                      const std::vector<const model::TableFill*>& full) {
  if (!full.empty() || (stop && stop->cause == StopCause::table_full)) {
    const std::string options = options_for(full);
    std::string text = options.empty() ? "" : "raise " + options + "; ";
    return text +
           "look for what fills the table: a module that is loaded over and over, or a lock key "
           "for every object (kmortem classes lists what is registered)";
  }
  if (!stop) return "look into an older log (the console, the journal) for the first lock report";
  switch (stop->cause) {
    case StopCause::report:
      return "repair what that report shows, then test again: it may hide others";
    case StopCause::taint:
      return "test without the module or the fault that taints the kernel";
    case StopCause::oops:
    case StopCause::panic:
      return "none for lockdep: look into the crash itself";
    case StopCause::unexplained:
      return "look into an older log (the console, the journal) for the first lock report";
    default:
      return "repair the use of the lock that the line names, then test again";
  }
}

// A report or a crash explains itself; a full table, a taint or silence is worth a second look.
model::Severity severity_of(const std::optional<LockdepStop>& stop, bool tables_full) {
  if (!stop || tables_full) return model::Severity::warning;
  switch (stop->cause) {
    case StopCause::report:
    case StopCause::oops:
    case StopCause::panic:
      return model::Severity::note;
    default:
      return model::Severity::warning;
  }
}

// Numbers and addresses differ from boot to boot.
std::string stable_words(std::string_view line) {
  std::string text = bare_title(line);
  const size_t detail = text.find_first_of(",(");
  text = text.substr(0, detail);
  std::string words;
  bool in_number = false;
  for (const char c : text) {
    const bool digit = std::isdigit(static_cast<unsigned char>(c)) != 0;
    if (digit && in_number) continue;
    words += digit ? 'N' : c;
    in_number = digit;
  }
  return words;
}

std::string signature_of(const std::optional<LockdepStop>& stop,
                         const std::vector<const model::TableFill*>& full) {
  if (!full.empty()) return signature("lockdep-off", {"full", full.front()->name});
  if (!stop) return signature("lockdep-off", {"unexplained"});
  if (stop->cause == StopCause::oops) return signature("lockdep-off", {"oops"});
  if (stop->cause == StopCause::panic) return signature("lockdep-off", {"panic"});
  std::vector<std::string> parts = {stable_words(stop->line.text)};
  if (stop->report && !stop->report->lock_name.empty()) {
    // "#2" depends on the order in which this boot registered its classes.
    const std::string& name = stop->report->lock_name;
    parts.push_back(name.substr(0, name.find('#')));
  }
  return signature("lockdep-off", parts);
}

void add_evidence(const model::Snapshot& snapshot, const std::optional<LockdepStop>& stop,
                  const std::vector<const model::TableFill*>& full, model::Finding& finding) {
  auto add = [&](std::string text) {
    finding.evidence.push_back({std::move(text), std::nullopt, {}});
  };
  add("debug_locks = 0");
  if (stop) add(quote(stop->line));
  for (const model::TableFill* table : full) {
    add(fmt::format("{}: {} of {} entries used", table->name, table->used, table->capacity));
  }
  const bool overwritten = !snapshot.log.empty() && snapshot.log.front().sequence != 0;
  if (overwritten && (!stop || stop->cause == StopCause::unexplained)) {
    add(fmt::format("the log begins at {}: its first {} records were overwritten",
                    log_time(snapshot.log.front().time_ns), snapshot.log.front().sequence));
  }
  if (!stop && !snapshot.kernel.taint_flags.empty()) {
    add("the kernel is tainted: " + snapshot.kernel.taint_flags);
  }
}

}  // namespace

std::vector<model::Finding> check_lockdep_off(const model::Snapshot& snapshot) {
  if (!snapshot.lockdep.present || snapshot.lockdep.enabled) return {};
  const std::vector<LogLine> lines = log_lines(snapshot.log);
  const std::optional<LockdepStop> stop = find_lockdep_stop(snapshot.splats, lines);
  const std::vector<const model::TableFill*> full = full_tables(snapshot.lockdep);

  model::Finding finding;
  finding.rule = "lockdep-off";
  finding.severity = severity_of(stop, !full.empty());
  finding.title = title_of(stop, !full.empty());
  finding.explanation = explanation_of(snapshot, stop);
  finding.remedy = remedy_of(stop, full);
  if (stop && stop->report && !stop->report->lock_name.empty()) {
    const LockReport& report = *stop->report;
    finding.locks.push_back(
        {report.lock_name, report.lock_address, "lockdep_map", report.lock_name, ""});
  }
  finding.signature = signature_of(stop, full);
  add_evidence(snapshot, stop, full, finding);
  return {finding};
}

}  // namespace kmortem::checks
