// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/proc_lock_stat.h"

#include <fmt/core.h>

#include <algorithm>

#include "report/proc_pointer.h"

namespace kmortem::report {

namespace {

using model::ClassStatistics;
using model::LockTime;

// The name's column and the twelve others with the blank before each.
constexpr size_t kNameWidth = 40;
constexpr size_t kColumns = 12;
constexpr size_t kLineWidth = kNameWidth + 1 + kColumns * (14 + 1);

// enum bounce_type.
enum Bounce : size_t { kAcquiredWrite, kAcquiredRead, kContendedWrite, kContendedRead };

std::string line_of(char c, size_t offset, size_t length) {
  return std::string(offset, ' ') + std::string(length, c) + "\n";
}

// Microseconds with two digits, rounded in the third.
std::string time_text(int64_t ns) {
  const auto rounded = static_cast<int64_t>(static_cast<uint64_t>(ns) + 5);
  return fmt::format(" {:>14}", fmt::format("{}.{:02}", rounded / 1000, rounded % 1000 / 10));
}

std::string times(const LockTime& time) {
  const uint64_t average = time.count == 0 ? 0 : static_cast<uint64_t>(time.total) / time.count;
  return fmt::format("{:>14}", time.count) + time_text(time.min) + time_text(time.max) +
         time_text(time.total) + time_text(static_cast<int64_t>(average));
}

// "func+0x11/0xc0 [module]", as %pS; the bare address where no symbol covers it.
std::string symbol_text(const model::ContentionPoint& point) {
  const model::Frame& frame = point.frame;
  if (frame.function.empty()) return fmt::format("0x{:x}", point.address);
  std::string text =
      fmt::format("{}+0x{:x}/0x{:x}", frame.function, frame.offset, frame.function_size);
  if (!frame.module.empty()) text += fmt::format(" [{}]", frame.module);
  return text;
}

// The name is cut so that the suffixes fit; a version above 9 loses its second digit.
std::string name_of(const model::LockClass& lock_class) {
  size_t room = 38;
  if (lock_class.name_version > 1) room -= 2;
  if (lock_class.subclass != 0) room -= 2;
  std::string name = lock_class.raw_name.empty() ? lock_class.key_symbol : lock_class.raw_name;
  // A key that no symbol covers, which vsnprintf() is given as no string at all.
  if (name.empty()) name = "(null)";
  name = name.substr(0, room - 1);
  if (lock_class.name_version > 1) name += fmt::format("#{}", lock_class.name_version).substr(0, 2);
  if (lock_class.subclass != 0) name += fmt::format("/{}", lock_class.subclass).substr(0, 2);
  return name;
}

class LockStat {
 public:
  explicit LockStat(const model::Lockdep& lockdep) : lockdep_(lockdep) {}

  void header() {
    out_ += "lock_stat version 0.4\n";
    if (!lockdep_.enabled) {
      out_ += "*WARNING* lock debugging disabled!! - possibly due to a lockdep warning\n";
    }
    out_ += line_of('-', 0, kLineWidth);
    out_ += fmt::format("{:>40}", "class name");
    for (const char* title : {"con-bounces", "contentions", "waittime-min", "waittime-max",
                              "waittime-total", "waittime-avg", "acq-bounces", "acquisitions",
                              "holdtime-min", "holdtime-max", "holdtime-total", "holdtime-avg"}) {
      out_ += fmt::format(" {:>14}", title);
    }
    out_ += "\n" + line_of('-', 0, kLineWidth) + "\n";
  }

  void add(const model::LockClass& lock_class, const ClassStatistics& stats) {
    const std::string name = name_of(lock_class);
    const bool written = stats.write_hold.count != 0;
    const bool read = stats.read_hold.count != 0;
    if (written) {
      row(read ? fmt::format("{:>38}-W:", name) : fmt::format("{:>40}:", name),
          stats.bounces[kContendedWrite], stats.write_wait, stats.bounces[kAcquiredWrite],
          stats.write_hold);
    }
    if (read) {
      row(fmt::format("{:>38}-R:", name), stats.bounces[kContendedRead], stats.read_wait,
          stats.bounces[kAcquiredRead], stats.read_hold);
    }
    if (stats.read_wait.count + stats.write_wait.count == 0) return;
    const size_t width = name.size() + (read ? 2 : 0);
    points(name, width, stats.contention);
    points(name, width, stats.contending);
    if (stats.contending.empty()) return;
    out_ += "\n" + line_of('.', 0, kLineWidth) + "\n";
  }

  std::string take() { return std::move(out_); }

 private:
  void row(const std::string& name, uint64_t contended, const LockTime& wait, uint64_t acquired,
           const LockTime& hold) {
    out_ +=
        fmt::format("{}{:>14} {} {:>14} {}\n", name, contended, times(wait), acquired, times(hold));
  }

  void points(const std::string& name, size_t width,
              const std::vector<model::ContentionPoint>& points) {
    if (points.empty()) return;
    out_ += line_of('-', kNameWidth - std::min(width, kNameWidth), width);
    for (const model::ContentionPoint& point : points) {
      const std::string at = fmt::format("[<{}>]", proc_pointer(lockdep_, point.address));
      out_ += fmt::format("{:>40} {:>14} {:>29} {}\n", name, point.count, at, symbol_text(point));
    }
  }

  const model::Lockdep& lockdep_;
  std::string out_;
};

}  // namespace

std::string proc_lock_stat(const model::Snapshot& snapshot) {
  std::vector<const ClassStatistics*> sorted;
  for (const ClassStatistics& each : snapshot.lock_statistics) sorted.push_back(&each);
  const auto contentions = [](const ClassStatistics* each) {
    return each->read_wait.count + each->write_wait.count;
  };
  std::ranges::stable_sort(sorted, std::ranges::greater(), contentions);
  LockStat text(snapshot.lockdep);
  text.header();
  for (const ClassStatistics* each : sorted) {
    const auto* lock_class = snapshot.lockdep.find(static_cast<int>(each->class_index));
    if (lock_class != nullptr) text.add(*lock_class, *each);
  }
  return text.take();
}

}  // namespace kmortem::report
