// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/kernel_info.h"

#include <algorithm>
#include <string_view>

#include "kernel/cpus.h"
#include "kernel/kernel_time.h"
#include "kernel/record.h"
#include "kernel/taint.h"

namespace kmortem::kernel {

namespace {

constexpr size_t kMaxCommandLine = 4096;
// Between an oops's first line and the one with its counter stand at most a few about the fault.
constexpr size_t kOopsHeadRecords = 8;

void report(const Target& target, std::string structure, const ReadError& error,
            std::string consequence) {
  target.problems.add({std::move(structure), error.address, std::string(describe(error.kind)),
                       std::move(consequence)});
}

void read_utsname(const Target& target, model::KernelInfo& info) {
  const auto address = target.symbol("init_uts_ns");
  if (!address) return;
  auto text = [&](std::string_view member) -> std::string {
    const auto field = target.types.field("uts_namespace.name." + std::string(member));
    if (!field) return {};
    auto value = target.memory.read_string(*address + field->offset, field->count);
    if (value) return *value;
    report(target, "init_uts_ns", value.error(), "the kernel's release is not known");
    return {};
  };
  info.release = text("release");
  info.version = text("version");
  info.node_name = text("nodename");
  info.machine = text("machine");
}

std::string trim_newline(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

void read_texts(const Target& target, model::KernelInfo& info) {
  if (auto banner = target.symbol("linux_banner")) {
    if (auto text = target.memory.read_string(*banner, 1024)) info.banner = trim_newline(*text);
  }
  const auto pointer = target.symbol("saved_command_line");
  if (!pointer) return;
  const auto address = target.memory.read_u64(*pointer);
  if (!address || !dump::is_kernel_address(*address)) return;
  auto text = target.memory.read_string(*address, kMaxCommandLine);
  if (text) info.command_line = trim_newline(std::move(*text));
}

void read_taint(const Target& target, model::KernelInfo& info) {
  const auto address = target.symbol("tainted_mask");
  if (!address) return;
  auto mask = target.memory.read_u64(*address);
  if (!mask) return report(target, "tainted_mask", mask.error(), "the taint flags are not known");
  info.tainted = *mask;
  info.taint_flags = taint_letters(*mask);
}

int read_panic_cpu(const Target& target) {
  // panic_cpu came with 4.5; x86 sets crashing_cpu when it stops the others for kdump.
  for (const char* name : {"panic_cpu", "crashing_cpu"}) {
    const auto address = target.symbol(name);
    if (!address) continue;
    auto cpu = target.memory.read_u32(*address);
    if (cpu && static_cast<int>(*cpu) >= 0) return static_cast<int>(*cpu);
  }
  return -1;
}

std::string_view first_line(std::string_view text) {
  return text.substr(0, text.find('\n'));
}

/// die()'s line: a reason, the error code and a counter: "Oops: 0002 [#1] PREEMPT SMP".
bool is_die_line(std::string_view text) {
  const size_t counter = text.find(" [#");
  if (counter == std::string_view::npos || counter < 6) return false;
  const std::string_view code = text.substr(counter - 6, 6);
  return code.starts_with(": ") &&
         code.find_first_not_of("0123456789abcdef", 2) == std::string_view::npos;
}

bool is_oops_head(std::string_view text) {
  return text.starts_with("BUG: ") || text.starts_with("kernel BUG at ") ||
         text.starts_with("Unable to handle ");
}

std::string find_oops(std::span<const model::LogRecord> log) {
  for (size_t i = log.size(); i-- > 0;) {
    if (!is_die_line(log[i].text)) continue;
    const size_t stop = i > kOopsHeadRecords ? i - kOopsHeadRecords : 0;
    for (size_t head = i; head-- > stop;) {
      if (is_oops_head(log[head].text)) return std::string(first_line(log[head].text));
    }
    return std::string(first_line(log[i].text));
  }
  return {};
}

}  // namespace

std::string find_panic_message(std::span<const model::LogRecord> log, bool died) {
  constexpr std::string_view kPanic = "Kernel panic - not syncing: ";
  for (size_t i = log.size(); i-- > 0;) {
    const std::string_view line = log[i].text;
    if (line.starts_with(kPanic)) return std::string(first_line(line.substr(kPanic.size())));
  }
  return died ? find_oops(log) : std::string();
}

model::KernelInfo read_kernel_info(const Target& target, std::span<const model::LogRecord> log) {
  model::KernelInfo info;
  read_utsname(target, info);
  read_texts(target, info);
  read_taint(target, info);
  const KernelTime time = read_kernel_time(target);
  info.uptime_ns = time.uptime_ns;
  info.crash_time = time.wall_seconds;
  info.panic_cpu = read_panic_cpu(target);
  info.panic_message = find_panic_message(log, info.panic_cpu >= 0);
  info.possible_cpus = read_possible_cpus(target).size();
  return info;
}

}  // namespace kmortem::kernel
