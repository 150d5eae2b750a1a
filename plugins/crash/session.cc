// SPDX-License-Identifier: GPL-3.0-or-later
#include "session.h"

#include <utility>

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

Result<const model::Snapshot*> Session::snapshot(const kmortem_session& session,
                                                 const SnapshotParts& parts) {
  const bool keep = session.live == 0;
  if (snapshot_ && keep && covers(parts_, parts)) return &*snapshot_;
  if (!opened_ || !keep) {
    if (auto done = open(session); !done) return std::unexpected(done.error());
  }
  stop_if_interrupted(session);
  const SnapshotParts wanted = snapshot_ && keep ? both(parts_, parts) : parts;
  auto snapshot = postmortem::read_snapshot(*opened_, wanted, nullptr);
  stop_if_interrupted(session);
  snapshot_ = std::move(snapshot);
  parts_ = wanted;
  return &*snapshot_;
}

}  // namespace kmortem::crash
