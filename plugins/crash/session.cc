// SPDX-License-Identifier: GPL-3.0-or-later
#include "session.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "checks/registry.h"
#include "checks/second_reading.h"
#include "crash_memory.h"

namespace kmortem::crash {

namespace {

using postmortem::SnapshotParts;

SnapshotParts both(const SnapshotParts& one, const SnapshotParts& other) {
  SnapshotParts parts;
  parts.tasks = one.tasks || other.tasks;
  parts.modules = one.modules || other.modules;
  parts.log = one.log || other.log;
  parts.softirqs = one.softirqs || other.softirqs;
  parts.lockdep = one.lockdep || other.lockdep;
  parts.memory_scan = one.memory_scan || other.memory_scan;
  parts.stacks = one.stacks || other.stacks;
  parts.locks = one.locks || other.locks;
  return parts;
}

bool covers(const SnapshotParts& read, const SnapshotParts& wanted) {
  const auto has = [](bool there, bool needed) { return there || !needed; };
  return has(read.tasks, wanted.tasks) && has(read.modules, wanted.modules) &&
         has(read.log, wanted.log) && has(read.softirqs, wanted.softirqs) &&
         has(read.lockdep, wanted.lockdep) && has(read.memory_scan, wanted.memory_scan) &&
         has(read.stacks, wanted.stacks) && has(read.locks, wanted.locks);
}

// The second look at a living system comes at least so long after the first was begun: whoever
// works with locks has run in the meantime.
constexpr double kSecondsBetween = 1;

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

void tell_of_life(model::Problems& problems, std::string reason) {
  problems.add({"living system", 0, std::move(reason),
                "what was read at one moment may contradict what was read at another: what rests "
                "on tasks that ran meanwhile is left out or no more than inferred"});
}

}  // namespace

Result<void> Session::open(const kmortem_session& session) {
  const postmortem::KernelPlace place{session.kaslr_offset, session.phys_base, "crash"};
  if (opened_) return postmortem::replace_dump(*opened_, open_session(session), place);
  postmortem::OpenRequest request;
  if (session.vmlinux != nullptr) request.vmlinux = session.vmlinux;
  auto opened = postmortem::open_over(open_session(session), request, place);
  if (!opened) return std::unexpected(opened.error());
  opened_ = std::move(*opened);
  return {};
}

Result<void> Session::read(const kmortem_session& session, const SnapshotParts& parts) {
  if (!opened_ || session.life == KMORTEM_LIVE) {
    if (auto done = open(session); !done) return done;
  }
  stop_if_interrupted(session);
  const Stopwatch watch;
  auto snapshot = postmortem::read_snapshot(*opened_, parts, nullptr);
  stop_if_interrupted(session);
  second_.reset();
  snapshot_ = std::move(snapshot);
  parts_ = parts;
  if (session.life == KMORTEM_LIVE && parts.locks) return read_again(session, watch.seconds());
  if (session.life == KMORTEM_LIVE_DUMP) {
    tell_of_life(snapshot_->problems, "the system ran on while the dump was written");
    checks::doubt_all(*snapshot_);
    doubted_ = true;
  }
  return {};
}

Result<void> Session::read_again(const kmortem_session& session, double seconds) {
  const double left = std::max(0.0, kSecondsBetween - seconds);
  session.pause(static_cast<unsigned>(left * 1000));
  stop_if_interrupted(session);
  if (auto done = open(session); !done) return done;
  const Stopwatch watch;
  second_ = postmortem::read_snapshot(*opened_, parts_, nullptr);
  stop_if_interrupted(session);
  checks::doubt_what_moved(*snapshot_, *second_);
  tell_of_life(snapshot_->problems,
               fmt::format("it ran on while it was read, for {:.1f} s and once more for {:.1f} s",
                           seconds, watch.seconds()));
  return {};
}

Result<const model::Snapshot*> Session::snapshot(const kmortem_session& session,
                                                 const SnapshotParts& parts) {
  const bool keep = session.life != KMORTEM_LIVE;
  if (snapshot_ && keep && covers(parts_, parts)) return &*snapshot_;
  const SnapshotParts wanted = snapshot_ && keep ? both(parts_, parts) : parts;
  if (auto done = read(session, wanted); !done) return std::unexpected(done.error());
  return &*snapshot_;
}

std::vector<model::Finding> Session::findings(const std::vector<std::string>& rules) const {
  if (second_) return checks::lasting_findings(*snapshot_, *second_, rules);
  if (doubted_) return checks::doubtful_findings(*snapshot_, rules);
  return checks::run_checks(*snapshot_, rules);
}

}  // namespace kmortem::crash
