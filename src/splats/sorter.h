// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "splats/builder.h"

namespace kmortem::splats {

/// Sorts the lines of a log into reports, although several CPUs print at once: by the caller that
/// printk recorded, and where there is none by the line that heads every stack ("CPU: 3 PID: 12
/// Comm: x") and by what each report still lacks.
class LineSorter {
 public:
  void add(const Line& line);
  /// All reports, in order of their titles.
  std::vector<model::Splat> finish();

 private:
  /// One caller's reports that are not at their end, oldest first.
  struct Stream {
    std::vector<size_t> open;
    size_t current = SIZE_MAX;  ///< what the next line belongs to; SIZE_MAX: to none of them
    size_t strange = 0;         ///< lines since the last one that belonged
    size_t rule = 0;            ///< the line of "=====" just before, 0: none
  };

  Stream& stream_of(const std::string& caller);
  void open_report(Stream& stream, const Title& title, const Line& line);
  void add_cpu_line(Stream& stream, const CpuLine& cpu, const Line& line);
  void add_body(Stream& stream, const Line& line);
  size_t target(const Stream& stream, std::string_view text) const;
  size_t stall_report(int cpu) const;
  void join_asking(Stream& stream);
  void close_old(Stream& stream, const Line& line);
  static void close(Stream& stream, size_t report);

  std::vector<std::unique_ptr<SplatBuilder>> reports_;
  std::map<std::string, Stream> streams_;
  /// Releases that lines outside of reports name, by line.
  std::vector<std::pair<size_t, std::string>> releases_;
};

}  // namespace kmortem::splats
