// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "debuginfo/symbol_table.h"
#include "debuginfo/type_table.h"
#include "dump/dump_file.h"
#include "model/machine.h"

namespace kmortem::scan {

/// The symbols that VMCOREINFO names, at their run-time addresses.
class VmcoreinfoSymbols : public debuginfo::SymbolTable {
 public:
  explicit VmcoreinfoSymbols(const dump::DumpFile& dump) : dump_(dump) {}

  std::optional<uint64_t> find(std::string_view name) const override;
  std::optional<debuginfo::Symbol> containing(uint64_t) const override { return std::nullopt; }
  void set_slide(uint64_t) override {}
  uint64_t slide() const override { return 0; }

 private:
  const dump::DumpFile& dump_;
};

/// The structures of printk's ring as VMCOREINFO describes them for dmesg readers (5.10:
/// kernel/printk/printk.c, log_buf_vmcoreinfo_setup()). A structure that it does not have is not
/// in the table. Levels and facilities are not described.
debuginfo::TypeTable vmcoreinfo_types(const dump::DumpFile& dump);

/// Host, release and version from init_uts_ns, which VMCOREINFO places. What is missing is empty.
model::KernelInfo vmcoreinfo_kernel(dump::DumpFile& dump);

}  // namespace kmortem::scan
