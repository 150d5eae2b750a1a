// SPDX-License-Identifier: GPL-3.0-or-later
#include "postmortem/read_snapshot.h"

#include <string>
#include <utility>
#include <vector>

#include "checks/splat_match.h"
#include "kernel/cpus.h"
#include "kernel/kernel_info.h"
#include "kernel/modules.h"
#include "kernel/printk_log.h"
#include "kernel/softirqs.h"
#include "kernel/stack_reader.h"
#include "kernel/stalls.h"
#include "kernel/symbolizer.h"
#include "kernel/tasks.h"
#include "locks/code_parties.h"
#include "locks/held_locks.h"
#include "locks/lock_states.h"
#include "locks/lock_statistics.h"
#include "locks/lockdep_reader.h"
#include "locks/memory_scan.h"
#include "locks/task_waits.h"
#include "splats/splats.h"
#include "waits/events.h"

namespace kmortem::postmortem {

namespace {

class SnapshotReader {
 public:
  SnapshotReader(OpenedDump& opened, const SnapshotParts& parts, PhaseTimes* times)
      : opened_(opened),
        parts_(parts),
        times_(times),
        target_{*opened.dump, opened.debuginfo->types(), opened.debuginfo->symbols(),
                snapshot_.problems},
        symbolizer_(target_, read_modules()),
        task_waits_(target_.types) {}

  model::Snapshot read();

 private:
  std::vector<kernel::LoadedModule> read_modules();
  void read_machine();
  void read_stacks();
  void read_lockdep();
  void scan_memory();
  void read_locks();
  void symbolize();

  OpenedDump& opened_;
  SnapshotParts parts_;
  PhaseTimes* times_;
  model::Snapshot snapshot_;
  kernel::Target target_;
  kernel::Symbolizer symbolizer_;
  std::vector<kernel::UnwoundStack> stacks_;  ///< of CPUs, then of tasks that do not run
  locks::TaskWaitReader task_waits_;
};

std::vector<kernel::LoadedModule> SnapshotReader::read_modules() {
  if (!parts_.modules) return {};
  const PhaseTimer timer(times_, "modules");
  return kernel::read_modules(target_);
}

void SnapshotReader::read_machine() {
  for (const kernel::LoadedModule& module : symbolizer_.modules()) {
    snapshot_.modules.push_back(module.info);
  }
  if (parts_.log) {
    const PhaseTimer timer(times_, "log");
    snapshot_.log = kernel::read_log(target_);
    snapshot_.splats = splats::read_splats(snapshot_.log);
  }
  const PhaseTimer timer(times_, "CPUs and tasks");
  snapshot_.kernel = kernel::read_kernel_info(target_, snapshot_.log);
  if (!parts_.tasks && !parts_.softirqs) return;
  snapshot_.cpus = kernel::read_cpus(target_);
  if (parts_.softirqs) {
    snapshot_.softirqs = kernel::read_softirqs(target_, symbolizer_);
    kernel::read_softirq_pending(target_, snapshot_.cpus);
  }
  if (!parts_.tasks) return;
  const auto visit = [this](const kernel::Record& bytes, model::Task& task) {
    if (parts_.locks) task_waits_.visit(bytes, task);
  };
  snapshot_.tasks =
      kernel::read_tasks(target_, snapshot_.cpus, {visit, locks::TaskWaitReader::members()});
  snapshot_.stalls = kernel::read_stalls(target_, snapshot_.cpus, snapshot_.log);
}

void SnapshotReader::read_stacks() {
  if (!parts_.stacks) return;
  const PhaseTimer timer(times_, "stacks");
  const kernel::UnwindSources unwind{opened_.debuginfo->orc(),
                                     [this] { return opened_.debuginfo->call_frames(); },
                                     parts_.without_orc};
  const kernel::StackContext context{unwind,         opened_.dump->registers(),
                                     snapshot_.cpus, snapshot_.tasks,
                                     symbolizer_,    parts_.stacks_of};
  stacks_ = kernel::read_stacks(target_, context);
  kernel::describe_stacks(stacks_, symbolizer_, snapshot_.cpus, snapshot_.tasks);
}

void SnapshotReader::read_lockdep() {
  const PhaseTimer timer(times_, "lockdep");
  snapshot_.lockdep = locks::read_lockdep(
      target_, [this](uint64_t address) { return symbolizer_.describe(address); });
  if (parts_.lock_statistics) {
    snapshot_.lock_statistics = locks::read_lock_statistics(
        target_, snapshot_.lockdep,
        [this](uint64_t address) { return symbolizer_.symbolize(address); });
  }
  if (parts_.tasks && snapshot_.lockdep.present) {
    locks::read_held_locks(target_, snapshot_.lockdep, &snapshot_.tasks);
  }
}

void SnapshotReader::scan_memory() {
  if (!parts_.memory_scan) {
    snapshot_.scan.why_not = "turned off";
    return;
  }
  const PhaseTimer timer(times_, "memory scan");
  snapshot_.scan =
      locks::scan_memory(*opened_.dump, target_, snapshot_.lockdep,
                         [this](uint64_t address) { return symbolizer_.describe(address); });
}

void SnapshotReader::read_locks() {
  if (!parts_.locks) return;
  const PhaseTimer timer(times_, "owners and waiters");
  const locks::NameAddress name_address = [this](uint64_t address) {
    return symbolizer_.describe(address);
  };
  const std::vector<locks::PartyAt> parties =
      locks::read_code_parties(target_, symbolizer_, stacks_, snapshot_.cpus, snapshot_.tasks);
  snapshot_.locks = locks::read_lock_states(
      target_, {snapshot_.lockdep, snapshot_.tasks, snapshot_.cpus, snapshot_.scan, task_waits_,
                parties, name_address, parts_.infer_owners});
  const locks::KnownTasks known(target_, snapshot_.tasks);
  waits::add_events({target_, symbolizer_, stacks_, snapshot_.cpus, snapshot_.tasks, known},
                    &snapshot_.locks);
}

void SnapshotReader::symbolize() {
  const PhaseTimer timer(times_, "symbols");
  for (const uint64_t pc : locks::code_addresses(snapshot_.lockdep, snapshot_.tasks)) {
    snapshot_.code.emplace(pc, symbolizer_.symbolize_return(pc));
  }
  for (model::Task& task : snapshot_.tasks) {
    for (model::HeldLock& held : task.held_locks) {
      held.acquired_at = snapshot_.frame(held.acquire_ip);
    }
    if (task.one_past_top) {
      task.one_past_top->acquired_at = snapshot_.frame(task.one_past_top->acquire_ip);
    }
  }
}

model::Snapshot SnapshotReader::read() {
  snapshot_.dump = opened_.dump->info();
  snapshot_.debuginfo = opened_.debuginfo_info;
  for (const model::Problem& problem : snapshot_.dump.problems) snapshot_.problems.add(problem);
  for (const model::Problem& problem : opened_.problems.all()) snapshot_.problems.add(problem);
  read_machine();
  read_stacks();
  if (parts_.lockdep || parts_.memory_scan) {
    read_lockdep();
    scan_memory();
    read_locks();
    symbolize();
  }
  checks::match_splats(snapshot_);
  return std::move(snapshot_);
}

}  // namespace

model::Snapshot read_snapshot(OpenedDump& opened, const SnapshotParts& parts, PhaseTimes* times) {
  return SnapshotReader(opened, parts, times).read();
}

}  // namespace kmortem::postmortem
