// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/kernel_debuginfo.h"

#include <cstdlib>
#include <tuple>
#include <utility>

#include "debuginfo/elf_symbols.h"
#include "debuginfo/file_lock.h"
#include "debuginfo/image_banner.h"
#include "debuginfo/image_files.h"
#include "debuginfo/loaded_debuginfo.h"
#include "debuginfo/packed_identity.h"
#include "debuginfo/profile_file.h"
#include "debuginfo/wanted.h"

namespace kmortem::debuginfo {

namespace {

// Empty when there is to be no cache, or nothing to know the kernel by.
std::string cache_path_of(const std::string& build_id, const OpenOptions& options) {
  const std::string directory = cache_directory(options);
  return directory.empty() || build_id.empty() ? "" : directory + "/" + build_id + ".kmprof";
}

OrcTables read_orc(const ElfFile& elf) {
  const auto ip = elf.section(".orc_unwind_ip");
  const auto unwind = elf.section(".orc_unwind");
  if (!ip || !unwind) return {};
  return {ip->header.sh_addr, elf.contents(*ip), elf.contents(*unwind)};
}

// For what the cache lacks. `file` may be null: it is opened only then. What belongs to it is
// looked for at once where that is cheap, while every folder may still be read.
DwarfOpener opener_for(const std::shared_ptr<const ElfFile>& file, const std::string& path,
                       const std::vector<std::string>& debug_dirs) {
  using Opened = Result<std::unique_ptr<DwarfSource>>;
  if (file != nullptr) {
    return
        [files = complete_image(file, {debug_dirs, /*servers=*/true})](TypeTable& types) -> Opened {
          if (!files) return std::unexpected(files.error());
          return DwarfSource::open(*files, types);
        };
  }
  return [path, debug_dirs](TypeTable& types) -> Opened {
    auto opened = ElfFile::open(path);
    if (!opened) return std::unexpected(opened.error());
    const auto files = complete_image(*opened, {debug_dirs, /*servers=*/true});
    if (!files) return std::unexpected(files.error());
    return DwarfSource::open(*files, types);
  };
}

std::unique_ptr<LoadedDebuginfo> from_cache_file(const std::string& path,
                                                 const std::shared_ptr<const ElfFile>& elf,
                                                 const std::string& build_id,
                                                 const OpenOptions& options) {
  const std::string cache_path = cache_path_of(build_id, options);
  if (cache_path.empty()) return nullptr;
  auto contents = read_profile_file(cache_path);
  if (!contents || contents->build_id != build_id) return nullptr;
  if (contents->wanted_fingerprint != wanted_fingerprint()) return nullptr;
  return std::make_unique<LoadedDebuginfo>(path, LoadedDebuginfo::Origin::cache,
                                           std::move(*contents),
                                           opener_for(elf, path, options.debug_dirs), cache_path);
}

Result<std::unique_ptr<KernelDebuginfo>> from_files(const std::string& path,
                                                    const ImageFiles& files,
                                                    const OpenOptions& options) {
  const std::shared_ptr<const ElfFile>& image = files.image;
  auto symbols = read_elf_symbols(files.with_symbols());
  if (!symbols) return std::unexpected(symbols.error());
  ImageContents contents;
  contents.symbols = std::move(*symbols);
  contents.build_id = image->build_id();
  contents.banner = image_banner(*image, *contents.symbols);
  contents.release = banner_release(contents.banner);
  contents.wanted_fingerprint = wanted_fingerprint();
  contents.orc = read_orc(*image);
  contents.orc_backing = image;
  // What half an image gives must not be taken for the whole by a later run that has it.
  const bool whole = files.has_contents();
  const std::string cache_path = whole ? cache_path_of(contents.build_id, options) : "";
  auto loaded = std::make_unique<LoadedDebuginfo>(
      path, LoadedDebuginfo::Origin::vmlinux, std::move(contents),
      [files](TypeTable& types) { return DwarfSource::open(files, types); }, cache_path);
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

std::string cache_directory(const OpenOptions& options) {
  if (!options.use_cache) return "";
  return options.cache_dir.empty() ? default_cache_dir() : options.cache_dir;
}

Result<std::unique_ptr<KernelDebuginfo>> open_vmlinux(const std::string& path,
                                                      const OpenOptions& options) {
  const std::string cache = cache_directory(options);
  if (const auto build_id = remembered_build_id(path, cache)) {
    if (auto cached = from_cache_file(path, nullptr, *build_id, options)) return cached;
  }
  auto elf = ElfFile::open(path);
  if (!elf) return std::unexpected(elf.error());
  const std::string build_id = (*elf)->build_id();
  // A debug file alone has an ORC table and a version string only in the cache of its vmlinux.
  if (auto cached = from_cache_file(path, *elf, build_id, options)) {
    remember_build_id(path, cache, build_id);
    return cached;
  }
  // Whoever comes second finds the cache when the lock is his.
  FileLock lock;
  const std::string cache_path = cache_path_of(build_id, options);
  if (options.cache_once && !cache_path.empty()) {
    lock = FileLock(cache_path + ".lock");
    if (auto cached = from_cache_file(path, *elf, build_id, options)) return cached;
  }
  auto files = complete_image(*elf, {options.debug_dirs, /*servers=*/true});
  if (!files) return std::unexpected(files.error());
  if (files->has_contents()) remember_build_id(path, cache, build_id);
  auto loaded = from_files(path, *files, options);
  if (loaded && options.cache_once) std::ignore = (*loaded)->save_cache();
  return loaded;
}

Result<std::unique_ptr<KernelDebuginfo>> open_profile(const std::string& path) {
  auto contents = read_profile_file(path);
  if (!contents) return std::unexpected(contents.error());
  return std::make_unique<LoadedDebuginfo>(path, LoadedDebuginfo::Origin::profile,
                                           std::move(*contents), DwarfOpener(), "");
}

Result<void> write_profile(const KernelDebuginfo& debuginfo, const std::string& path,
                           bool compact) {
  return write_profile_file(static_cast<const LoadedDebuginfo&>(debuginfo).contents(), path,
                            compact);
}

}  // namespace kmortem::debuginfo
