// SPDX-License-Identifier: GPL-3.0-or-later
#include "splats/sorter.h"

#include <algorithm>

#include "splats/frame_text.h"
#include "splats/words.h"

namespace kmortem::splats {

namespace {

// A log that holds more titles than this is not worth more.
constexpr size_t kMostReports = 4096;
// Nor does a machine print this many reports at once, or with so many callers.
constexpr size_t kMostOpen = 64;
constexpr size_t kMostStreams = 1024;
// Console noise in the middle of a report, and lines before its body where CPUs print at once.
constexpr size_t kMostStrange = 100;
constexpr size_t kMostStrangeAfterStack = 30;
// The other CPUs' stacks of a stall may take ten seconds to come; nothing takes longer.
constexpr uint64_t kLongestGapNs = 30'000'000'000;

bool is_rule_line(std::string_view text) {
  return text.size() > 10 && text.find_first_not_of('=') == std::string_view::npos;
}

// "Linux version 5.10.234-rc1 (…)".
std::string banner_release(std::string_view text) {
  if (!take(text, "Linux version ")) return {};
  return std::string(text.substr(0, text.find(' ')));
}

}  // namespace

void LineSorter::close(Stream& stream, size_t report) {
  std::erase(stream.open, report);
  if (stream.current == report) stream.current = SIZE_MAX;
}

LineSorter::Stream& LineSorter::stream_of(const std::string& caller) {
  const bool room = streams_.size() < kMostStreams || streams_.contains(caller);
  return streams_[room ? caller : std::string()];
}

void LineSorter::open_report(Stream& stream, const Title& title, const Line& line) {
  if (reports_.size() >= kMostReports) return;
  // What has its stack is at its end; the others' lines may still come.
  const std::vector<size_t> open = stream.open;
  for (const size_t report : open) {
    if (reports_[report]->has_stack() && !reports_[report]->in_stack()) close(stream, report);
    if (reports_[report]->has_stack() && title.lockdep) close(stream, report);
  }
  if (stream.open.size() >= kMostOpen) close(stream, stream.open.front());
  const size_t begin = stream.rule != 0 ? stream.rule : line.first;
  stream.open.push_back(reports_.size());
  stream.current = reports_.size();
  stream.strange = 0;
  reports_.push_back(std::make_unique<SplatBuilder>(title, line, begin));
}

// The newest stall report that may want the stack of `cpu`, whoever prints it.
size_t LineSorter::stall_report(int cpu) const {
  size_t found = SIZE_MAX;
  for (const auto& [caller, stream] : streams_) {
    for (const size_t report : stream.open) {
      CpuLine line;
      line.cpu = cpu;
      if (!reports_[report]->many_stacks() || !reports_[report]->accepts(line)) continue;
      if (found == SIZE_MAX || report > found) found = report;
    }
  }
  return found;
}

void LineSorter::add_cpu_line(Stream& stream, const CpuLine& cpu, const Line& line) {
  size_t found = SIZE_MAX;
  for (size_t i = stream.open.size(); i-- > 0 && found == SIZE_MAX;) {
    if (reports_[stream.open[i]]->accepts(cpu)) found = stream.open[i];
  }
  if (found == SIZE_MAX && stream.open.empty()) found = stall_report(cpu.cpu);
  if (found == SIZE_MAX) {
    if (!cpu.release.empty()) releases_.emplace_back(line.first, cpu.release);
    stream.current = SIZE_MAX;
    return;
  }
  if (std::find(stream.open.begin(), stream.open.end(), found) == stream.open.end()) {
    stream.open.push_back(found);
  }
  stream.current = found;
  stream.strange = 0;
  reports_[found]->add(cpu, line);
}

size_t LineSorter::target(const Stream& stream, std::string_view text) const {
  if (text.starts_with("lock: ")) {
    for (size_t i = stream.open.size(); i-- > 0;) {
      if (reports_[stream.open[i]]->wants_spinlock_line()) return stream.open[i];
    }
  }
  const size_t current = stream.current;
  if (current == SIZE_MAX || !reports_[current]->awaits_cpu_line()) return current;
  if (stack_line(text).empty()) return current;
  // The newest has not come to its stack: the frame goes on an older one's.
  for (size_t i = stream.open.size(); i-- > 0;) {
    const size_t report = stream.open[i];
    const SplatBuilder& older = *reports_[report];
    if (report != current && older.in_stack() && older.has_cpu_line()) return report;
  }
  return current;
}

// A CPU that was asked for its stack prints it: its lines are part of the report that asked.
void LineSorter::join_asking(Stream& stream) {
  size_t found = SIZE_MAX;
  for (const auto& [caller, other] : streams_) {
    for (const size_t report : other.open) {
      if (reports_[report]->asks_stacks() && (found == SIZE_MAX || report > found)) found = report;
    }
  }
  if (found == SIZE_MAX || found == stream.current) return;
  const std::vector<size_t> open = stream.open;
  for (const size_t report : open) {
    if (report == found || reports_[report]->has_stack()) close(stream, report);
  }
  stream.open.push_back(found);
  stream.current = found;
  stream.strange = 0;
}

void LineSorter::add_body(Stream& stream, const Line& line) {
  const std::string_view text = line.text;
  const Phrase phrase = phrase_of(text);
  if (text.starts_with("NMI backtrace for cpu ")) join_asking(stream);
  const size_t report = target(stream, text);
  if (report == SIZE_MAX) {
    ++stream.strange;
    return;
  }
  if (reports_[report]->add(line)) {
    if (!text.empty()) stream.strange = 0;
    return;
  }
  ++stream.strange;
  const SplatBuilder& builder = *reports_[report];
  const bool ends = phrase == Phrase::foreign || (builder.has_stack() && !builder.many_stacks());
  if (ends && builder.has_stack()) close(stream, report);
  if (phrase == Phrase::foreign) stream.current = SIZE_MAX;
}

void LineSorter::close_old(Stream& stream, const Line& line) {
  const std::vector<size_t> open = stream.open;
  for (const size_t report : open) {
    const SplatBuilder& builder = *reports_[report];
    const auto last = builder.last_time();
    const bool late =
        last && line.time_ns && *line.time_ns > *last && *line.time_ns - *last > kLongestGapNs;
    const bool strange = stream.strange > kMostStrange ||
                         (builder.has_stack() && stream.strange > kMostStrangeAfterStack);
    if (late || strange) close(stream, report);
  }
}

void LineSorter::add(const Line& line) {
  Stream& stream = stream_of(line.caller);
  close_old(stream, line);
  if (const std::string release = banner_release(line.text); !release.empty()) {
    releases_.emplace_back(line.first, release);
    return;
  }
  if (const auto title = find_title(line.text)) {
    open_report(stream, *title, line);
  } else if (const auto cpu = read_cpu_line(line.text)) {
    add_cpu_line(stream, *cpu, line);
  } else if (phrase_of(line.text) == Phrase::lost_lines) {
    for (auto& [caller, other] : streams_) {
      for (const size_t report : other.open) reports_[report]->lose_lines();
    }
  } else {
    add_body(stream, line);
  }
  stream.rule = is_rule_line(line.text) ? line.first : 0;
}

std::vector<model::Splat> LineSorter::finish() {
  std::vector<model::Splat> splats;
  splats.reserve(reports_.size());
  for (const auto& report : reports_) {
    model::Splat splat = report->finish();
    // A report that is cut before it names the kernel has that of the lines around it.
    if (splat.kernel.empty()) {
      for (const auto& [line, release] : releases_) {
        if (splat.kernel.empty() || line < splat.first_line) splat.kernel = release;
      }
    }
    splats.push_back(std::move(splat));
  }
  return splats;
}

}  // namespace kmortem::splats
