// SPDX-License-Identifier: GPL-3.0-or-later
// Lockdep's tables, a task's held locks and the memory scan over bytes that may be anything; then
// every rule and printer over what was read. The first byte picks the layout.
#include <span>

#include "checks/registry.h"
#include "lockdep_image.h"
#include "locks/fake_dump.h"
#include "locks/held_locks.h"
#include "locks/lockdep_reader.h"
#include "locks/memory_scan.h"
#include "report/json.h"
#include "report/proc_lockdep.h"
#include "report/proc_lockdep_chains.h"
#include "report/proc_lockdep_stats.h"
#include "report/text.h"

namespace kmortem {
namespace {

constexpr uint64_t kPage = 4096;

model::Snapshot read(test::LockdepKernel& kernel, std::span<const test::Region> regions) {
  test::FakeDump dump(kernel.memory);
  uint64_t physical = 0x100000;
  for (const test::Region& region : regions) {
    const uint64_t length = (region.size + kPage - 1) / kPage * kPage;
    dump.add({region.address, physical, length});
    physical += 2 * length;
  }
  const auto name = [&](uint64_t address) {
    const auto symbol = kernel.symbols.containing(address);
    return symbol ? std::string(symbol->name) : std::string();
  };
  model::Snapshot snapshot;
  snapshot.lockdep = locks::read_lockdep(kernel.target(), name);
  snapshot.tasks.resize(1);
  snapshot.tasks[0].address = test::LockdepKernel::kTask;
  locks::read_held_locks(kernel.target(), snapshot.lockdep, &snapshot.tasks);
  snapshot.scan = locks::scan_memory(dump, kernel.target(), snapshot.lockdep, name, 1);
  locks::code_addresses(snapshot.lockdep, snapshot.tasks);
  return snapshot;
}

void print(model::Snapshot snapshot) {
  if (snapshot.lockdep.present) {
    (void)report::proc_lockdep(snapshot.lockdep);
    (void)report::proc_lockdep_chains(snapshot.lockdep);
    (void)report::proc_lockdep_stats(snapshot.lockdep);
  }
  model::Report report;
  report.findings = checks::run_checks(snapshot);
  report.snapshot = std::move(snapshot);
  (void)report::report_json(report);
  (void)report::report_text(report);
}

}  // namespace
}  // namespace kmortem

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kmortem;
  if (size == 0) return 0;
  test::LockdepKernel kernel(test::kEras[data[0] % std::size(test::kEras)]);
  const auto regions = test::lockdep_regions(kernel);
  test::fill(kernel.memory, regions, std::as_bytes(std::span(data + 1, size - 1)));
  print(read(kernel, regions));
  return 0;
}
