// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/modules.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "kernel/module_build_id.h"
#include "kernel/module_layout.h"
#include "kernel/ring_walk.h"
#include "kernel/taint.h"

namespace kmortem::kernel {

namespace {

constexpr size_t kMaxModules = 65536;
constexpr uint64_t kSymbolSize = 24;  // Elf64_Sym
constexpr uint64_t kUnformed = 3;     // MODULE_STATE_UNFORMED

class ModuleReader {
 public:
  explicit ModuleReader(const Target& target)
      : target_(target), layout_(target.types), buffer_(layout_.size) {}

  std::vector<LoadedModule> run() {
    const auto head = target_.symbol("modules");
    if (!head) return {};  // CONFIG_MODULES=n
    if (!layout_.usable()) {
      report(0, "its layout is not in the debuginfo", "no modules are listed");
      return {};
    }
    const auto links = read_links(*head);
    if (!links) {
      report(*head, std::string(describe(links.error().kind)), "no modules are listed");
      return {};
    }
    RingVisitor visitor;
    visitor.load = [&](uint64_t node) { return load(node); };
    visitor.keep = [&](uint64_t node) { keep(node - layout_.list->offset); };
    const RingWalk walk = walk_ring(*head, *links, kMaxModules, visitor);
    if (!walk.complete) {
      report(walk.broken_at - layout_.list->offset, walk.reason,
             "modules between the damage and the last one reached from the list's other end are "
             "missing, and their addresses have no names");
    }
    return std::move(modules_);
  }

 private:
  ReadResult<ListLinks> read_links(uint64_t node) const {
    ListLinks links;
    auto done = target_.memory.read(node, std::as_writable_bytes(std::span(&links, 1)));
    if (!done) return std::unexpected(done.error());
    return links;
  }

  ReadResult<ListLinks> load(uint64_t node) {
    const uint64_t module = node - layout_.list->offset;
    complete_ = target_.memory.read(module, buffer_).has_value();
    return read_links(node);
  }

  void keep(uint64_t address) {
    if (!complete_) {
      report(address, "part of it is not readable", "this module is missing");
      return;
    }
    const Record record(address, buffer_);
    if (record.get_or(layout_.state, 0) == kUnformed) return;
    LoadedModule module;
    module.ranges = layout_.ranges(record);
    module.kallsyms = kallsyms(record);
    module.info.address = address;
    module.info.name = name(record);
    module.info.base = text_base(module.ranges);
    module.info.size = layout_.total_size(record);
    module.info.taints = taint_letters(record.get_or(layout_.taints, 0));
    module.info.state = state(record.get_or(layout_.state, 0));
    module.info.build_id = build_id(record);
    module.info.symbols_read = kallsyms_present(module.kallsyms);
    modules_.push_back(std::move(module));
  }

  std::string name(const Record& record) const {
    const size_t offset = layout_.name->offset;
    if (offset >= buffer_.size()) return {};
    const size_t room = std::min<size_t>(layout_.name->count, buffer_.size() - offset);
    const auto* text = reinterpret_cast<const char*>(record.bytes().data()) + offset;
    return {text, strnlen(text, room)};
  }

  /// The words of /proc/modules.
  static std::string state(uint64_t value) {
    constexpr std::array<const char*, 3> kStates = {"Live", "Loading", "Unloading"};
    return value < kStates.size() ? kStates[value] : "unknown";
  }

  static uint64_t text_base(std::span<const ModuleRange> ranges) {
    auto it = std::ranges::find_if(ranges, [](const auto& range) { return !range.init; });
    return it == ranges.end() ? 0 : it->begin;
  }

  std::string build_id(const Record& record) const {
    // 5.14, with CONFIG_STACKTRACE_BUILD_ID only.
    if (layout_.build_id && range_in_buffer(layout_.build_id->offset, layout_.build_id->count)) {
      return build_id_text(
          record.bytes().subspan(layout_.build_id->offset, layout_.build_id->count));
    }
    if (!layout_.notes_attrs) return {};
    return build_id_from_notes(target_, record.get(*layout_.notes_attrs));
  }

  bool range_in_buffer(uint64_t offset, uint64_t length) const {
    return offset <= buffer_.size() && length <= buffer_.size() - offset;
  }

  ModuleKallsyms kallsyms(const Record& record) const {
    ModuleKallsyms found;
    if (!layout_.kallsyms) {
      found.symtab = record.get_or(layout_.symtab, 0);
      found.strtab = record.get_or(layout_.strtab, 0);
      found.count = record.get_or(layout_.num_symtab, 0);
      return found;
    }
    const uint64_t address = record.get(*layout_.kallsyms);
    const auto size = target_.types.size_of("mod_kallsyms");
    if (address == 0 || !size) return found;
    auto bytes = target_.memory.read_bytes(address, *size);
    if (!bytes) return found;
    const Record table(address, *bytes);
    found.symtab = table.get_or(target_.types.field("mod_kallsyms.symtab"), 0);
    found.strtab = table.get_or(target_.types.field("mod_kallsyms.strtab"), 0);
    found.count = table.get_or(target_.types.field("mod_kallsyms.num_symtab"), 0);
    return found;
  }

  /// Probes the table's first and last entry: it is read only when a name is asked for.
  bool kallsyms_present(const ModuleKallsyms& table) const {
    if (table.count == 0 || table.count > (1u << 24)) return false;
    return target_.memory.read_u32(table.symtab).has_value() &&
           target_.memory.read_u32(table.symtab + (table.count - 1) * kSymbolSize).has_value() &&
           target_.memory.read_unsigned(table.strtab, 1).has_value();
  }

  void report(uint64_t address, std::string reason, std::string consequence) const {
    target_.problems.add({"module", address, std::move(reason), std::move(consequence)});
  }

  const Target& target_;
  ModuleLayout layout_;
  std::vector<std::byte> buffer_;
  bool complete_ = false;
  std::vector<LoadedModule> modules_;
};

}  // namespace

bool LoadedModule::contains(uint64_t address) const {
  return std::ranges::any_of(ranges, [&](const ModuleRange& range) {
    return address >= range.begin && address < range.end;
  });
}

bool LoadedModule::has_text(uint64_t address) const {
  return std::ranges::any_of(ranges, [&](const ModuleRange& range) {
    return range.text && address >= range.begin && address < range.end;
  });
}

std::vector<LoadedModule> read_modules(const Target& target) {
  return ModuleReader(target).run();
}

}  // namespace kmortem::kernel
