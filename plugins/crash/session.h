// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "crash_interface.h"
#include "model/report.h"
#include "postmortem/open_dump.h"
#include "postmortem/read_snapshot.h"

namespace kmortem::crash {

/// What is kept of one crash session: the debuginfo, and what was read of the kernel so far. Of a
/// living system only the debuginfo.
class Session {
 public:
  /// The kernel with at least these parts read. Borrowed until the next call. Throws Interrupted;
  /// what was kept before is then kept still. Of a kernel that lived on while it was read, the
  /// owners and waiters that are not of one moment are no more than inferred.
  Result<const model::Snapshot*> snapshot(const kmortem_session& session,
                                          const postmortem::SnapshotParts& parts);

  /// What these rules (all of them, when there are none) find in the last snapshot; of a living
  /// system only what a second reading found as well.
  std::vector<model::Finding> findings(const std::vector<std::string>& rules) const;

  postmortem::OpenedDump& opened() { return *opened_; }

 private:
  Result<void> open(const kmortem_session& session);
  Result<void> read(const kmortem_session& session, const postmortem::SnapshotParts& parts);
  Result<void> read_again(const kmortem_session& session, double seconds);

  std::optional<postmortem::OpenedDump> opened_;
  postmortem::SnapshotParts parts_;
  std::optional<model::Snapshot> snapshot_;
  std::optional<model::Snapshot> second_;  ///< of a living system, where its locks were asked for
  bool doubted_ = false;                   ///< a dump of a living system: there is no second
};

}  // namespace kmortem::crash
