// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>

#include "base/confinement.h"
#include "base/error.h"
#include "cli/options.h"
#include "model/snapshot.h"
#include "postmortem/open_dump.h"
#include "postmortem/read_snapshot.h"

namespace kmortem::cli {

/// What a command works on: an open dump and the parts of it that it asked for.
struct DumpRun {
  postmortem::OpenedDump opened;
  model::Snapshot snapshot;
  ConfinementState confinement;
  PhaseTimes* times = nullptr;
};

struct DumpAnswer {
  std::string text;
  int exit_code = kClean;
};

/// Opens the dump, gives up what reading does not need, reads `parts`, calls `answer`, writes what
/// it says, keeps the layout cache. Returns the exit code; prints one line and returns kUnusable
/// when anything cannot be opened.
int run_on_dump(const DumpOptions& options, const postmortem::SnapshotParts& parts,
                const std::function<Result<DumpAnswer>(DumpRun&)>& answer);

}  // namespace kmortem::cli
