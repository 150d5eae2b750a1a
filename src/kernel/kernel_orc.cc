// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/kernel_orc.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace kmortem::kernel {

namespace {

// The largest kernels have some two million entries.
constexpr uint64_t kMaxBytes = uint64_t{64} << 20;

// All that lies between two symbols; empty, with a problem, when it cannot be read.
std::vector<std::byte> read_between(const Target& target, std::string_view first,
                                    std::string_view last) {
  const auto begin = target.symbol(first);
  const auto end = target.symbol(last);
  if (!begin || !end || *end <= *begin) return {};
  std::string reason = "its size is absurd";
  if (*end - *begin <= kMaxBytes) {
    auto bytes = target.memory.read_bytes(*begin, *end - *begin);
    if (bytes) return std::move(*bytes);
    reason = describe(bytes.error().kind);
  }
  target.problems.add({std::string(first), *begin, std::move(reason),
                       "stacks may have gaps: vmlinux's debug file has no unwind tables either"});
  return {};
}

}  // namespace

KernelOrc::KernelOrc(const Target& target, const OrcLayout& layout,
                     const debuginfo::OrcTables& in_vmlinux)
    : tables_(in_vmlinux) {
  if (tables_.ip.empty() && layout.usable()) read_memory(target, layout.size());
}

void KernelOrc::read_memory(const Target& target, uint64_t entry_size) {
  const auto begin = target.symbol("__start_orc_unwind_ip");
  if (!begin) return;
  ip_ = read_between(target, "__start_orc_unwind_ip", "__stop_orc_unwind_ip");
  if (ip_.empty()) return;
  unwind_ = read_between(target, "__start_orc_unwind", "__stop_orc_unwind");
  // Its users look up link-time addresses.
  if (unwind_.size() >= entry_size) tables_ = {*begin - target.symbols.slide(), ip_, unwind_};
}

}  // namespace kmortem::kernel
