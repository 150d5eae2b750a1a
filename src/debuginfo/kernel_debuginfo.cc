// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/kernel_debuginfo.h"

#include <cstdlib>
#include <utility>

#include "debuginfo/elf_symbols.h"
#include "debuginfo/file_lock.h"
#include "debuginfo/image_banner.h"
#include "debuginfo/loaded_debuginfo.h"
#include "debuginfo/profile_file.h"
#include "debuginfo/wanted.h"

namespace kmortem::debuginfo {

namespace {

// Empty when there is to be no cache, or nothing to know the kernel by.
std::string cache_path_of(const std::string& build_id, const OpenOptions& options) {
  if (!options.use_cache || build_id.empty()) return "";
  const std::string directory = options.cache_dir.empty() ? default_cache_dir() : options.cache_dir;
  return directory.empty() ? "" : directory + "/" + build_id + ".kmprof";
}

OrcTables read_orc(const ElfFile& elf) {
  const auto ip = elf.section(".orc_unwind_ip");
  const auto unwind = elf.section(".orc_unwind");
  if (!ip || !unwind) return {};
  return {ip->header.sh_addr, elf.contents(*ip), elf.contents(*unwind)};
}

std::unique_ptr<LoadedDebuginfo> from_cache_file(const std::shared_ptr<const ElfFile>& elf,
                                                 const std::string& build_id,
                                                 const std::string& cache_path) {
  if (cache_path.empty()) return nullptr;
  auto contents = read_profile_file(cache_path);
  if (!contents || contents->build_id != build_id) return nullptr;
  if (contents->wanted_fingerprint != wanted_fingerprint()) return nullptr;
  return std::make_unique<LoadedDebuginfo>(elf->path(), LoadedDebuginfo::Origin::cache,
                                           std::move(*contents), elf, cache_path);
}

Result<std::unique_ptr<LoadedDebuginfo>> from_image(const std::shared_ptr<const ElfFile>& elf,
                                                    const std::string& build_id,
                                                    const std::string& cache_path,
                                                    const OpenOptions& options) {
  ImageContents contents;
  auto symbols = read_elf_symbols(elf);
  if (!symbols) return std::unexpected(symbols.error());
  contents.symbols = std::move(*symbols);
  contents.build_id = build_id;
  contents.banner = image_banner(*elf, *contents.symbols);
  contents.release = banner_release(contents.banner);
  contents.wanted_fingerprint = wanted_fingerprint();
  contents.orc = read_orc(*elf);
  contents.orc_backing = elf;
  auto loaded = std::make_unique<LoadedDebuginfo>(elf->path(), LoadedDebuginfo::Origin::vmlinux,
                                                  std::move(contents), elf, cache_path);
  auto read =
      loaded->load_from_dwarf(options.everything ? WantedScope::everything : WantedScope::analysis);
  if (!read) return std::unexpected(read.error());
  return loaded;
}

}  // namespace

std::string default_cache_dir() {
  const char* xdg = std::getenv("XDG_CACHE_HOME");
  if (xdg != nullptr && *xdg == '/') return std::string(xdg) + "/kmortem";
  const char* home = std::getenv("HOME");
  if (home != nullptr && *home == '/') return std::string(home) + "/.cache/kmortem";
  return "";
}

Result<std::unique_ptr<KernelDebuginfo>> open_vmlinux(const std::string& path,
                                                      const OpenOptions& options) {
  auto elf = ElfFile::open(path);
  if (!elf) return std::unexpected(elf.error());
  const std::string build_id = (*elf)->build_id();
  const std::string cache_path = cache_path_of(build_id, options);
  if (auto cached = from_cache_file(*elf, build_id, cache_path)) return cached;

  // Whoever comes second finds the cache when the lock is his.
  FileLock lock;
  if (options.cache_once && !cache_path.empty()) {
    lock = FileLock(cache_path + ".lock");
    if (auto cached = from_cache_file(*elf, build_id, cache_path)) return cached;
  }
  auto loaded = from_image(*elf, build_id, cache_path, options);
  if (!loaded) return std::unexpected(loaded.error());
  if (options.cache_once) static_cast<void>((*loaded)->save_cache());
  return std::move(*loaded);
}

Result<std::unique_ptr<KernelDebuginfo>> open_profile(const std::string& path) {
  auto contents = read_profile_file(path);
  if (!contents) return std::unexpected(contents.error());
  return std::make_unique<LoadedDebuginfo>(path, LoadedDebuginfo::Origin::profile,
                                           std::move(*contents), nullptr, "");
}

Result<void> write_profile(const KernelDebuginfo& debuginfo, const std::string& path,
                           bool compact) {
  return write_profile_file(static_cast<const LoadedDebuginfo&>(debuginfo).contents(), path,
                            compact);
}

}  // namespace kmortem::debuginfo
