// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/orc_entry.h"

#include "kernel/record.h"

namespace kmortem::kernel {

namespace {

OrcEntry::Base base_of(uint64_t number) {
  const auto unknown = static_cast<uint64_t>(OrcEntry::Base::unknown);
  return static_cast<OrcEntry::Base>(number < unknown ? number : unknown);
}

}  // namespace

OrcLayout::OrcLayout(const debuginfo::TypeTable& types) {
  sp_offset_ = types.field("orc_entry.sp_offset");
  bp_offset_ = types.field("orc_entry.bp_offset");
  sp_reg_ = types.field("orc_entry.sp_reg");
  bp_reg_ = types.field("orc_entry.bp_reg");
  type_ = types.field("orc_entry.type");
  end_ = types.field("orc_entry.end");
  signal_ = types.field("orc_entry.signal");
  const uint64_t size = types.size_of("orc_entry").value_or(0);
  const bool complete = sp_offset_ && bp_offset_ && sp_reg_ && bp_reg_ && type_;
  if (complete && size <= 64) size_ = size;
}

OrcEntry::Kind OrcLayout::kind_of(uint64_t type, bool end, OrcEntry::Base sp_base) const {
  using Kind = OrcEntry::Kind;
  // ORC_TYPE_* of 6.4.
  if (type_->bit_size >= 3) return type <= 4 ? static_cast<Kind>(type) : Kind::unknown;
  // UNWIND_HINT_TYPE_* before; 4.14 to 4.17 had no `end`, and ended where sp was undefined.
  if (sp_base == OrcEntry::Base::undefined) {
    return end || !end_ ? Kind::end_of_stack : Kind::undefined;
  }
  switch (type) {
    case 0:
      return Kind::call;
    case 1:
      return Kind::regs;
    case 2:
      return Kind::regs_partial;
    default:
      return Kind::unknown;
  }
}

OrcEntry OrcLayout::decode(std::span<const std::byte> bytes) const {
  const Record record(0, bytes);
  OrcEntry entry;
  entry.sp_base = base_of(record.get(*sp_reg_));
  entry.bp_base = base_of(record.get(*bp_reg_));
  entry.sp_offset = static_cast<int16_t>(record.get(*sp_offset_));
  entry.bp_offset = static_cast<int16_t>(record.get(*bp_offset_));
  entry.kind = kind_of(record.get(*type_), record.get_or(end_, 0) != 0, entry.sp_base);
  const bool regs =
      entry.kind == OrcEntry::Kind::regs || entry.kind == OrcEntry::Kind::regs_partial;
  entry.signal = signal_ ? record.get(*signal_) != 0 : regs;
  return entry;
}

}  // namespace kmortem::kernel
