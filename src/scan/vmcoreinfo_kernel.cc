// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/vmcoreinfo_kernel.h"

#include <fmt/core.h>

#include <charconv>
#include <utility>
#include <vector>

namespace kmortem::scan {

namespace {

using debuginfo::TypeId;

std::optional<uint64_t> number(const dump::DumpFile& dump, const std::string& key, int base) {
  const auto text = dump.vmcoreinfo(key);
  if (!text) return std::nullopt;
  uint64_t value = 0;
  const auto done = std::from_chars(text->data(), text->data() + text->size(), value, base);
  if (done.ec != std::errc()) return std::nullopt;
  return value;
}

/// Makes structures out of SIZE() and OFFSET() lines.
class Layouts {
 public:
  explicit Layouts(const dump::DumpFile& dump) : dump_(dump) {
    u16_ = integer(2);
    u32_ = integer(4);
    u64_ = integer(8);
  }

  struct Wanted {
    const char* member;
    TypeId type;
  };

  TypeId u16() const { return u16_; }
  TypeId u32() const { return u32_; }
  TypeId u64() const { return u64_; }

  /// Void when the dump does not describe it. Members that it does not tell are left out.
  TypeId structure(const std::string& name, const std::vector<Wanted>& members) {
    const auto size = number(dump_, "SIZE(" + name + ")", 10);
    if (!size) return debuginfo::kVoid;
    debuginfo::Type type;
    type.kind = debuginfo::TypeKind::structure;
    type.name = name;
    type.size = *size;
    for (const Wanted& wanted : members) {
      const auto offset = number(dump_, fmt::format("OFFSET({}.{})", name, wanted.member), 10);
      if (!offset || *offset >= *size || wanted.type == debuginfo::kVoid) continue;
      type.members.push_back({wanted.member, wanted.type, *offset * 8, 0});
    }
    const TypeId id = table_.add(std::move(type));
    table_.name_type(name, id);
    return id;
  }

  debuginfo::TypeTable take() { return std::move(table_); }

 private:
  TypeId integer(uint64_t size) {
    debuginfo::Type type;
    type.kind = debuginfo::TypeKind::integer;
    type.size = size;
    return table_.add(std::move(type));
  }

  const dump::DumpFile& dump_;
  debuginfo::TypeTable table_;
  TypeId u16_, u32_, u64_;
};

// include/uapi/linux/utsname.h: six fields of 65 bytes.
constexpr size_t kUtsField = 65;

}  // namespace

std::optional<uint64_t> VmcoreinfoSymbols::find(std::string_view name) const {
  return number(dump_, fmt::format("SYMBOL({})", name), 16);
}

debuginfo::TypeTable vmcoreinfo_types(const dump::DumpFile& dump) {
  Layouts layouts(dump);
  const TypeId word = layouts.u64();
  const TypeId atomic = layouts.structure("atomic_long_t", {{"counter", word}});
  const TypeId position = layouts.structure("prb_data_blk_lpos", {{"begin", word}, {"next", word}});
  layouts.structure("prb_desc", {{"state_var", atomic}, {"text_blk_lpos", position}});
  layouts.structure("printk_info", {{"seq", word},
                                    {"ts_nsec", word},
                                    {"text_len", layouts.u16()},
                                    {"caller_id", layouts.u32()}});
  const TypeId descs = layouts.structure("prb_desc_ring", {{"count_bits", layouts.u32()},
                                                           {"descs", word},
                                                           {"infos", word},
                                                           {"head_id", atomic},
                                                           {"tail_id", atomic}});
  const TypeId text =
      layouts.structure("prb_data_ring", {{"size_bits", layouts.u32()}, {"data", word}});
  layouts.structure("printk_ringbuffer", {{"desc_ring", descs}, {"text_data_ring", text}});
  return layouts.take();
}

model::KernelInfo vmcoreinfo_kernel(dump::DumpFile& dump) {
  model::KernelInfo kernel;
  kernel.release = dump.info().release;
  const auto names = VmcoreinfoSymbols(dump).find("init_uts_ns");
  const auto offset = number(dump, "OFFSET(uts_namespace.name)", 10);
  if (!names || !offset) return kernel;
  const auto field = [&](size_t index) {
    return dump.read_string(*names + *offset + index * kUtsField, kUtsField).value_or("");
  };
  kernel.node_name = field(1);
  if (kernel.release.empty()) kernel.release = field(2);
  kernel.version = field(3);
  kernel.machine = field(4);
  return kernel;
}

}  // namespace kmortem::scan
