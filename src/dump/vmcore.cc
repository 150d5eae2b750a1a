// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/vmcore.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <ctime>
#include <utility>

namespace kmortem::dump {

namespace {

constexpr uint64_t kLargePage = uint64_t{2} << 20;

std::string iso_time(int64_t seconds) {
  // Nothing before 2005 wrote a kdump; such a clock was never set.
  constexpr int64_t kEarliest = 1104537600;
  constexpr int64_t kLatest = int64_t{1} << 33;
  if (seconds < kEarliest || seconds > kLatest) return {};
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts = {};
  if (gmtime_r(&time, &parts) == nullptr) return {};
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", parts);
}

std::string lower_case(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

/// CRASHTIME is the kernel's own clock when it died; the header's is the capture kernel's.
std::string panic_time(const Vmcoreinfo& vmcoreinfo, int64_t header_time) {
  if (const auto line = vmcoreinfo.line("CRASHTIME")) {
    std::string time = iso_time(strtoll(line->c_str(), nullptr, 10));
    if (!time.empty()) return time;
  }
  return iso_time(header_time);
}

model::RegisterNotes count_registers(std::span<const CpuRegisters> cpus) {
  model::RegisterNotes count;
  for (const CpuRegisters& cpu : cpus) {
    count.cpus += cpu.has_general ? 1 : 0;
    count.control_cpus += cpu.has_control ? 1 : 0;
  }
  return count;
}

void add_problems(model::DumpInfo& info) {
  if (info.registers.cpus == 0) {
    info.problems.push_back({.structure = "registers",
                             .reason = "the dump has no note of any CPU",
                             .consequence = "what the CPUs were executing is told by stacks only"});
  }
  if (info.truncated && info.missing_pages == 0) {
    info.problems.push_back({.structure = "dump",
                             .reason = "it ends too early",
                             .consequence = "the pages that its end held are missing"});
  }
}

void describe_kernel(const Vmcoreinfo& vmcoreinfo, const KernelSpace& space, int64_t header_time,
                     model::DumpInfo& info) {
  info.release = vmcoreinfo.line("OSRELEASE").value_or("");
  info.build_id = lower_case(vmcoreinfo.line("BUILD-ID").value_or(""));
  if (const auto offset = vmcoreinfo.hexadecimal("KERNELOFFSET")) {
    info.kaslr_offset = *offset;
    info.kaslr_from = "VMCOREINFO";
  }
  info.phys_base = space.phys_base.value_or(0);
  info.page_table_levels = space.tables.levels();
  if (space.verified) info.page_tables = space.whose;
  info.panic_time = panic_time(vmcoreinfo, header_time);
}

}  // namespace

Vmcore::Vmcore(Container container, model::DumpInfo info)
    : memory_(nullptr), small_pages_(kSmallSlots), large_pages_(kLargeSlots) {
  auto facts = std::make_shared<Facts>();
  facts->info = std::move(info);
  facts->info.format = container.format;
  facts->info.compression = container.compression;
  facts->info.truncated = facts->info.truncated || container.truncated;
  facts->info.present_bytes = container.present_bytes;
  facts->info.excluded_pages = container.excluded_pages;
  facts->info.dump_level = container.dump_level;
  facts->cpus = registers_from_notes(container.notes);
  facts->info.registers = count_registers(facts->cpus);
  add_problems(facts->info);
  learn(container, *facts);
  describe_kernel(facts->vmcoreinfo, facts->space, container.timestamp, facts->info);
  facts_ = std::move(facts);
  memory_ = std::move(container.memory);
}

Vmcore::Vmcore(std::shared_ptr<const Facts> facts, std::unique_ptr<PhysicalMemory> memory)
    : facts_(std::move(facts)),
      memory_(std::move(memory)),
      small_pages_(kSmallSlots),
      large_pages_(kLargeSlots) {}

void Vmcore::learn(Container& container, Facts& facts) {
  const auto use = [&](std::string_view text, model::VmcoreinfoSource source) {
    Vmcoreinfo vmcoreinfo(text);
    KernelSpace space =
        find_kernel_space(*container.memory, vmcoreinfo, container.phys_base, facts.cpus);
    const bool better = facts.vmcoreinfo.empty() || (space.verified && !facts.space.verified);
    if (!better) return;
    facts.vmcoreinfo = std::move(vmcoreinfo);
    facts.space = space;
    facts.info.vmcoreinfo = source;
  };
  if (looks_like_vmcoreinfo(container.vmcoreinfo)) {
    use(container.vmcoreinfo, model::VmcoreinfoSource::note);
    return;
  }
  // Earlier boots and capture tools leave copies: the one whose tables lead to themselves is it.
  find_vmcoreinfo(*container.memory, [&](std::string_view text) {
    use(text, model::VmcoreinfoSource::memory);
    return facts.space.verified;
  });
  if (facts.vmcoreinfo.empty()) {
    facts.space = find_kernel_space(*container.memory, {}, container.phys_base, facts.cpus);
  }
}

std::unique_ptr<DumpFile> Vmcore::clone() const {
  auto memory = memory_->clone();
  if (!memory) return nullptr;
  return std::unique_ptr<DumpFile>(new Vmcore(facts_, std::move(memory)));
}

std::optional<std::string> Vmcore::vmcoreinfo(std::string_view key) const {
  return facts_->vmcoreinfo.line(key);
}

ReadResult<void> Vmcore::read_physical(uint64_t address, std::span<std::byte> out) {
  if (!out.empty() && address > UINT64_MAX - (out.size() - 1)) {
    return std::unexpected(ReadError{ReadError::Kind::invalid, address});
  }
  return memory_->read(address, out);
}

ReadResult<void> Vmcore::read(uint64_t address, std::span<std::byte> out) {
  if (out.empty()) return {};
  if (!is_kernel_address(address) || address > UINT64_MAX - (out.size() - 1)) {
    return std::unexpected(ReadError{ReadError::Kind::invalid, address});
  }
  while (!out.empty()) {
    const auto where = locate(address);
    if (!where) return std::unexpected(where.error());
    const auto part = out.first(std::min<uint64_t>(out.size(), where->remaining));
    if (const auto done = memory_->read(where->physical, part); !done) {
      const uint64_t good = done.error().address - where->physical;
      return std::unexpected(ReadError{done.error().kind, address + good});
    }
    out = out.subspan(part.size());
    address += part.size();
  }
  return {};
}

ReadResult<uint64_t> Vmcore::translate(uint64_t address) {
  if (!is_kernel_address(address)) {
    return std::unexpected(ReadError{ReadError::Kind::invalid, address});
  }
  const auto where = locate(address);
  if (!where) return std::unexpected(where.error());
  return where->physical;
}

uint64_t Vmcore::for_each_mapping(uint64_t begin, uint64_t end,
                                  const std::function<void(uint64_t, uint64_t, uint64_t)>& visit) {
  return facts_->space.tables.for_each_mapping(*memory_, begin, end, visit);
}

ReadResult<Translation> Vmcore::locate(uint64_t address) {
  const uint64_t large_number = address / kLargePage;
  CachedPage& large = large_pages_[large_number % kLargeSlots];
  if (large.number == large_number) {
    const uint64_t offset = address % kLargePage;
    return Translation{large.physical + offset, kLargePage - offset, kLargePage};
  }
  const uint64_t small_number = address / kPageSize;
  CachedPage& small = small_pages_[small_number % kSmallSlots];
  if (small.number == small_number) {
    const uint64_t offset = address % kPageSize;
    return Translation{small.physical + offset, kPageSize - offset, kPageSize};
  }
  const auto found = locate_slowly(address);
  if (!found) return found;
  if (found->page_size >= kLargePage) {
    large = {large_number, found->physical - address % kLargePage};
  } else {
    small = {small_number, found->physical - address % kPageSize};
  }
  return found;
}

ReadResult<Translation> Vmcore::locate_slowly(uint64_t address) {
  const KernelSpace& space = facts_->space;
  // Tables that nothing vouches for come second to arithmetic.
  if (!space.verified) {
    if (const auto found = locate_linearly(address)) return *found;
  }
  const auto found = space.tables.translate(*memory_, address);
  if (found || found.error().kind == ReadError::Kind::unmapped) return found;
  // With one of the tables lost, the image is still where phys_base says.
  if (const auto linear = locate_linearly(address)) return *linear;
  return found;
}

std::optional<Translation> Vmcore::locate_linearly(uint64_t address) const {
  const KernelSpace& space = facts_->space;
  const uint64_t left = kPageSize - address % kPageSize;
  if (space.phys_base && address >= kImageBase && address - kImageBase < kImageSize) {
    return Translation{address - kImageBase + *space.phys_base, left, kPageSize};
  }
  // 64 TiB with four levels, which is more than any one dump; what is not RAM is not in the dump.
  constexpr uint64_t kDirectMapSize = uint64_t{64} << 40;
  if (space.page_offset && address >= *space.page_offset &&
      address - *space.page_offset < kDirectMapSize) {
    return Translation{address - *space.page_offset, left, kPageSize};
  }
  return std::nullopt;
}

void Vmcore::replace_facts(std::shared_ptr<const Facts> facts) {
  facts_ = std::move(facts);
  small_pages_.assign(kSmallSlots, {});
  large_pages_.assign(kLargeSlots, {});
}

void Vmcore::place_kernel(uint64_t kaslr_offset, uint64_t phys_base, const std::string& found_by) {
  auto facts = std::make_shared<Facts>(*facts_);
  facts->info.kaslr_offset = kaslr_offset;
  facts->info.kaslr_from = found_by;
  facts->info.phys_base = phys_base;
  facts->space.phys_base = phys_base;
  replace_facts(std::move(facts));
}

bool Vmcore::use_page_tables(uint64_t root, const std::string& whose,
                             std::span<const KnownMapping> known) {
  const uint64_t encryption_mask = facts_->vmcoreinfo.number("sme_mask").value_or(0);
  for (const int levels : {4, 5}) {
    const PageTables tables(root, levels, encryption_mask);
    const bool good = std::ranges::all_of(known, [&](const KnownMapping& mapping) {
      const auto found = tables.translate(*memory_, mapping.address);
      return found && found->physical == mapping.physical;
    });
    if (!good) continue;
    auto facts = std::make_shared<Facts>(*facts_);
    facts->space.tables = tables;
    facts->space.verified = true;
    facts->info.page_tables = whose;
    facts->info.page_table_levels = levels;
    replace_facts(std::move(facts));
    return true;
  }
  return false;
}

void Vmcore::use_direct_map(uint64_t page_offset) {
  auto facts = std::make_shared<Facts>(*facts_);
  facts->space.page_offset = page_offset;
  replace_facts(std::move(facts));
}

}  // namespace kmortem::dump
