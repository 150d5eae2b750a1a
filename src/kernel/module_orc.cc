// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/module_orc.h"

#include <string>
#include <utility>

namespace kmortem::kernel {

namespace {

// The largest modules have some tens of thousands of entries.
constexpr uint64_t kMaxEntries = uint64_t{1} << 22;

std::unique_ptr<ModuleOrc> failed(const Target& target, const LoadedModule& module,
                                  uint64_t address, std::string reason) {
  target.problems.add({"orc_unwind", address, std::move(reason),
                       "stacks through module " + module.info.name + " may have gaps"});
  return nullptr;
}

}  // namespace

std::unique_ptr<ModuleOrc> read_module_orc(const Target& target, const OrcLayout& layout,
                                           const LoadedModule& module) {
  const auto ip_field = target.types.field("module.arch.orc_unwind_ip");
  const auto entries_field = target.types.field("module.arch.orc_unwind");
  const auto count_field = target.types.field("module.arch.num_orcs");
  if (!ip_field || !entries_field || !count_field || !layout.usable()) return nullptr;
  const uint64_t base = module.info.address;
  const auto ip_address = target.memory.read_u64(base + ip_field->offset);
  const auto entries_address = target.memory.read_u64(base + entries_field->offset);
  const auto count = target.memory.read_u32(base + count_field->offset);
  if (!ip_address || !entries_address || !count) {
    return failed(target, module, base, "its struct module is not readable");
  }
  if (*count == 0) return nullptr;
  if (*count > kMaxEntries) return failed(target, module, base, "arch.num_orcs is absurd");

  auto ip = target.memory.read_bytes(*ip_address, uint64_t{*count} * 4);
  if (!ip) {
    return failed(target, module, ip.error().address, std::string(describe(ip.error().kind)));
  }
  auto entries = target.memory.read_bytes(*entries_address, *count * layout.size());
  if (!entries) {
    return failed(target, module, entries.error().address,
                  std::string(describe(entries.error().kind)));
  }
  const OrcTable table(layout, *ip_address, *ip, *entries);
  // Moving a vector leaves its bytes where they are: the table goes on pointing at them.
  return std::make_unique<ModuleOrc>(ModuleOrc{std::move(*ip), std::move(*entries), table});
}

}  // namespace kmortem::kernel
