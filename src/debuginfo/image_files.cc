// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/image_files.h"

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace kmortem::debuginfo {

namespace {

namespace fs = std::filesystem;

// vmlinux of vmlinux.debug: beside it, above its .debug/, or where build-id trees link to it.
std::vector<std::string> stripped_places(const ElfFile& debug,
                                         const std::vector<std::string>& roots) {
  std::vector<std::string> places;
  const fs::path path = name_unpacked(debug.path());
  if (path.extension() == ".debug") {
    fs::path bare = path;
    bare.replace_extension();
    places.push_back(bare.string());
    if (path.parent_path().filename() == ".debug") {
      places.push_back((path.parent_path().parent_path() / bare.filename()).string());
    }
  }
  const std::string build_id = debug.build_id();
  if (build_id.size() <= 2) return places;
  for (const std::string& root : roots) {
    places.push_back(root + "/.build-id/" + build_id.substr(0, 2) + "/" + build_id.substr(2));
  }
  return places;
}

std::shared_ptr<const ElfFile> find_stripped(const ElfFile& debug,
                                             const std::vector<std::string>& roots) {
  const std::string build_id = debug.build_id();
  if (build_id.empty()) return nullptr;
  for (const std::string& place : stripped_places(debug, roots)) {
    std::error_code error;
    if (!fs::is_regular_file(place, error)) continue;
    auto file = ElfFile::open(place);
    if (file && (*file)->build_id() == build_id && has_contents(**file)) return *file;
  }
  return nullptr;
}

Result<ImageFiles> with_alternate(ImageFiles files, const DebugPlaces& places) {
  const auto link = alternate_link(*files.debug);
  if (!link) return files;
  auto found = find_linked_file(*files.debug, *link, places);
  if (!found) {
    return fail(files.debug->path() + ": dwz moved a part of its DWARF to " + link->name +
                ", which is not found. Looked in: " + found.error().message);
  }
  files.alternate = std::move(*found);
  return files;
}

std::string what_is_missing(const ElfFile& file) {
  return file.section_of_type(SHT_SYMTAB) ? ": has no DWARF"
                                          : ": has no DWARF and no symbol table (stripped)";
}

}  // namespace

const std::shared_ptr<const ElfFile>& ImageFiles::with_symbols() const {
  return image->section_of_type(SHT_SYMTAB) && !debug->section_of_type(SHT_SYMTAB) ? image : debug;
}

bool ImageFiles::has_contents() const {
  return debuginfo::has_contents(*image);
}

bool has_contents(const ElfFile& file) {
  const auto text = file.section(".text");
  return !text || text->header.sh_type != SHT_NOBITS;
}

Result<ImageFiles> complete_image(std::shared_ptr<const ElfFile> file, DebugPlaces places) {
  places.folders.push_back("/usr/lib/debug");
  if (file->has_debug_section(".debug_info")) {
    ImageFiles files{file, file, nullptr};
    if (!has_contents(*file)) {
      if (auto stripped = find_stripped(*file, places.folders)) files.image = std::move(stripped);
    }
    return with_alternate(std::move(files), places);
  }
  auto debug = find_linked_file(*file, debug_link(*file), places);
  if (debug) return with_alternate({std::move(file), std::move(*debug), nullptr}, places);
  return fail(file->path() + what_is_missing(*file) +
              ": a vmlinux with debug information is needed (package linux-image-...-dbg or "
              "kernel-debuginfo, or CONFIG_DEBUG_INFO_DWARF_TOOLCHAIN_DEFAULT). Looked for a "
              "separate debug file in: " +
              debug.error().message);
}

}  // namespace kmortem::debuginfo
