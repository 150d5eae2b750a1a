// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/kdump_reader.h"

#include <fmt/core.h>

#include <string_view>
#include <utility>

#include "dump/physical_memory.h"

namespace kmortem::dump {

namespace {

// The library searches its cache linearly; pages are cached by KdumpMemory instead.
constexpr kdump_num_t kCachePages = 8;

// Many more than any machine's memory falls into; a bitmap of noise must not fill ours.
constexpr size_t kMaxRuns = size_t{1} << 24;

kdump_bmp_t* bitmap(kdump_ctx_t* context, const char* key) {
  kdump_attr_t attribute;
  attribute.type = KDUMP_BITMAP;
  if (kdump_get_typed_attr(context, key, &attribute) != KDUMP_OK) return nullptr;
  return attribute.val.bitmap;
}

/// Calls `visit(begin, end)` for each run of set bits; false when there are too many.
template <typename Visit>
bool for_each_run(kdump_bmp_t* bits, Visit visit) {
  kdump_addr_t begin = 0;
  size_t runs = 0;
  while (kdump_bmp_find_set(bits, &begin) == KDUMP_OK) {
    kdump_addr_t end = begin;
    if (kdump_bmp_find_clear(bits, &end) != KDUMP_OK || end <= begin) break;
    if (++runs > kMaxRuns) return false;
    visit(begin, end);
    begin = end;
  }
  return true;
}

}  // namespace

Result<std::unique_ptr<KdumpReader>> KdumpReader::open(const FileView& file) {
  std::unique_ptr<kdump_ctx_t, Free> context(kdump_new());
  if (!context) return fail(fmt::format("{}: out of memory", file.name()));
  if (kdump_open_fd(context.get(), file.fd()) != KDUMP_OK) {
    // Freeing a context that failed half-way through opening can crash in 0.5.1 (its cache is torn
    // down before it was set up): this one is given up instead. It happens once in a process.
    kdump_ctx_t* broken = context.release();
    return fail(
        fmt::format("{}: cannot be opened as a kdump: {}", file.name(), kdump_get_err(broken)));
  }
  const char* format = nullptr;
  if (kdump_get_string_attr(context.get(), "file.format", &format) != KDUMP_OK ||
      std::string_view(format) != "diskdump") {
    return fail(fmt::format("{}: not a kdump", file.name()));
  }
  const char* architecture = nullptr;
  // QEMU's header names only the machine, from which 0.5.1 derives no architecture.
  if (kdump_get_string_attr(context.get(), KDUMP_ATTR_ARCH_NAME, &architecture) != KDUMP_OK) {
    kdump_set_string_attr(context.get(), KDUMP_ATTR_ARCH_NAME, KDUMP_ARCH_X86_64);
  } else if (std::string_view(architecture) != KDUMP_ARCH_X86_64) {
    return fail(
        fmt::format("{}: a dump of {}; only x86-64 is supported", file.name(), architecture));
  }
  std::unique_ptr<KdumpReader> reader(new KdumpReader(std::move(context)));
  reader->renew_cache();
  return reader;
}

Result<std::vector<FrameRun>> KdumpReader::stored_frames() const {
  kdump_bmp_t* bits = bitmap(context_.get(), KDUMP_ATTR_FILE_PAGEMAP);
  if (bits == nullptr) return fail("the dump's page bitmap cannot be read");
  std::vector<FrameRun> runs;
  uint64_t count = 0;
  const bool sane = for_each_run(bits, [&](uint64_t begin, uint64_t end) {
    runs.push_back({begin, end, count});
    count += end - begin;
  });
  if (!sane) return fail("the dump's page bitmap is noise");
  return runs;
}

uint64_t KdumpReader::ram_frames() const {
  kdump_bmp_t* bits = bitmap(context_.get(), KDUMP_ATTR_MEMORY_PAGEMAP);
  uint64_t count = 0;
  if (bits != nullptr) {
    for_each_run(bits, [&](uint64_t begin, uint64_t end) { count += end - begin; });
  }
  return count;
}

bool KdumpReader::read(uint64_t address, std::span<std::byte> out) {
  size_t length = out.size();
  const kdump_status status =
      kdump_read(context_.get(), KDUMP_MACHPHYSADDR, address, out.data(), &length);
  if (status == KDUMP_OK && length == out.size()) return true;
  renew_cache();
  return false;
}

void KdumpReader::renew_cache() {
  // Setting the size that it has changes nothing, so two sizes take turns.
  other_size_ = !other_size_;
  kdump_set_number_attr(context_.get(), "cache.size", kCachePages + (other_size_ ? 1 : 0));
}

}  // namespace kmortem::dump

// kdump_free() of 0.5.1 forgets the regions of the page bitmap; that is no leak of ours.
#if defined(__SANITIZE_ADDRESS__)
#define KMORTEM_LEAK_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KMORTEM_LEAK_SANITIZER 1
#endif
#endif
#ifdef KMORTEM_LEAK_SANITIZER
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libkdumpfile\n";
}
// An error is one line on stderr, in a sanitized build as well.
extern "C" const char* __lsan_default_options();
extern "C" const char* __lsan_default_options() {
  return "print_suppressions=0";
}
#endif
