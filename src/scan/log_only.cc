// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/log_only.h"

#include <string_view>

#include "checks/splat_rules.h"
#include "debuginfo/image_banner.h"
#include "kernel/kernel_info.h"
#include "kernel/printk_log.h"
#include "scan/dmesg_file.h"
#include "scan/vmcoreinfo_kernel.h"
#include "splats/splats.h"

namespace kmortem::scan {

namespace {

std::vector<model::LogRecord> log_in_dump(dump::DumpFile& dump, model::Problems& problems) {
  const debuginfo::TypeTable types = vmcoreinfo_types(dump);
  const VmcoreinfoSymbols symbols(dump);
  if (!symbols.find("prb") || !types.find("printk_ringbuffer")) return {};
  return kernel::read_log({dump, types, symbols, problems});
}

/// "Linux version 6.1.0 (...) #1 SMP ...": the first line of every log that is whole.
void read_banner(const std::vector<model::LogRecord>& log, model::KernelInfo& kernel) {
  for (const model::LogRecord& record : log) {
    if (!record.text.starts_with("Linux version ")) continue;
    kernel.banner = record.text.substr(0, record.text.find('\n'));
    if (kernel.release.empty()) kernel.release = debuginfo::banner_release(kernel.banner);
    const size_t number = kernel.banner.rfind(" #");
    if (kernel.version.empty() && number != std::string::npos) {
      kernel.version = kernel.banner.substr(number + 1);
    }
    return;
  }
}

}  // namespace

model::Report log_only_report(dump::DumpFile* dump, const Item& item, const std::string& why) {
  model::Report report;
  model::Snapshot& snapshot = report.snapshot;
  snapshot.dump.path = item.path;
  snapshot.dump.file_size = item.size;
  if (item.is_log) snapshot.dump.format = "log";
  if (dump != nullptr) {
    snapshot.dump = dump->info();
    snapshot.kernel = vmcoreinfo_kernel(*dump);
    snapshot.log = log_in_dump(*dump, snapshot.problems);
  }
  const std::string& saved = item.is_log ? item.path : item.log;
  if (snapshot.log.empty() && !saved.empty()) snapshot.log = read_dmesg_file(saved);
  read_banner(snapshot.log, snapshot.kernel);
  snapshot.kernel.panic_message = kernel::find_panic_message(snapshot.log, true);
  if (!snapshot.log.empty()) snapshot.kernel.uptime_ns = snapshot.log.back().time_ns;
  snapshot.problems.add({"debuginfo", 0, why, "only the kernel's log was looked at"});
  snapshot.scan.why_not = "no debuginfo";
  snapshot.splats = splats::read_splats(snapshot.log);
  report.findings = checks::splat_findings(snapshot.splats);
  return report;
}

}  // namespace kmortem::scan
