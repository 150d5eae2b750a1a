// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "base/error.h"
#include "crash_interface.h"
#include "model/snapshot.h"
#include "postmortem/open_dump.h"
#include "postmortem/read_snapshot.h"

namespace kmortem::crash {

/// What is kept of one crash session: the debuginfo, and what was read of the kernel so far. Of a
/// living system only the debuginfo.
class Session {
 public:
  /// The kernel with at least these parts read. Borrowed until the next call. Throws Interrupted;
  /// what was kept before is then kept still.
  Result<const model::Snapshot*> snapshot(const kmortem_session& session,
                                          const postmortem::SnapshotParts& parts);

  postmortem::OpenedDump& opened() { return *opened_; }

 private:
  Result<void> open(const kmortem_session& session);

  std::optional<postmortem::OpenedDump> opened_;
  postmortem::SnapshotParts parts_;
  std::optional<model::Snapshot> snapshot_;
};

}  // namespace kmortem::crash
