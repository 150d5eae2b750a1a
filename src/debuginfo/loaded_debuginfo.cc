// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/loaded_debuginfo.h"

#include <filesystem>
#include <utility>

#include "debuginfo/profile_file.h"

namespace kmortem::debuginfo {

LoadedDebuginfo::LoadedDebuginfo(std::string path, Origin origin, ImageContents contents,
                                 DwarfOpener open_source, std::string cache_path)
    : path_(std::move(path)),
      origin_(origin),
      contents_(std::move(contents)),
      open_source_(std::move(open_source)),
      cache_path_(std::move(cache_path)),
      changed_(origin == Origin::vmlinux) {}

Result<void> LoadedDebuginfo::load_from_dwarf(WantedScope scope) {
  if (auto opened = open_dwarf(); !opened) return opened;
  dwarf_->load_wanted(*contents_.symbols, scope);
  return {};
}

Result<void> LoadedDebuginfo::open_dwarf() {
  auto source = open_source_(contents_.types);
  if (!source) return std::unexpected(source.error());
  dwarf_ = std::move(*source);
  return {};
}

DwarfSource* LoadedDebuginfo::dwarf() {
  if (dwarf_ == nullptr && open_source_ && !dwarf_failed_) dwarf_failed_ = !open_dwarf();
  return dwarf_.get();
}

bool LoadedDebuginfo::has_type(std::string_view name) const {
  const auto id = contents_.types.find(name);
  if (!id) return false;
  const Type& type = contents_.types.at(contents_.types.resolve(*id));
  return !type.is_declaration;
}

bool LoadedDebuginfo::load_type(std::string_view name) {
  std::string_view bare = name;
  TypeKind kind = TypeKind::void_type;
  for (const auto& [keyword, meant] :
       {std::pair{std::string_view("struct "), TypeKind::structure},
        std::pair{std::string_view("union "), TypeKind::union_type},
        std::pair{std::string_view("enum "), TypeKind::enumeration}}) {
    if (!name.starts_with(keyword)) continue;
    bare.remove_prefix(keyword.size());
    kind = meant;
  }
  const auto known = contents_.types.find(bare);
  const bool kind_fits =
      kind == TypeKind::void_type || (known && contents_.types.at(*known).kind == kind);
  if (kind_fits && has_type(bare)) return true;
  DwarfSource* source = dwarf();
  if (source == nullptr || !source->load_type(name)) return false;
  changed_ = true;
  return true;
}

bool LoadedDebuginfo::load_variable(std::string_view name) {
  if (contents_.types.variable(name)) return true;
  DwarfSource* source = dwarf();
  if (source == nullptr || !source->load_variable(name)) return false;
  changed_ = true;
  return true;
}

const std::vector<SourceFrame>& LoadedDebuginfo::lines_at(uint64_t link_address) {
  static const std::vector<SourceFrame> kNothing;
  if (auto known = contents_.lines.find(link_address); known != contents_.lines.end()) {
    return known->second;
  }
  DwarfSource* source = dwarf();
  if (source == nullptr) return kNothing;
  changed_ = true;
  return contents_.lines[link_address] = source->lines().locate(link_address);
}

std::vector<model::Frame> LoadedDebuginfo::locate(uint64_t pc, bool return_address) {
  const uint64_t looked_up = return_address ? pc - 1 : pc;
  const SymbolTable& symbols = *contents_.symbols;
  const auto symbol = symbols.containing(looked_up);
  // What no symbol covers is not code, and not worth opening the DWARF for.
  if (!symbol) return {};

  std::vector<model::Frame> frames;
  for (const SourceFrame& place : lines_at(looked_up - symbols.slide())) {
    model::Frame frame;
    frame.pc = pc;
    frame.function = place.function;
    frame.file = place.file;
    frame.line = place.line;
    frame.inlined = place.inlined;
    frames.push_back(std::move(frame));
  }
  if (!frames.empty()) {
    frames.back().function = symbol->name;
    frames.back().offset = pc - symbol->address;
    frames.back().function_size = symbol->size;
  }
  return frames;
}

CallFrames* LoadedDebuginfo::call_frames() {
  DwarfSource* source = dwarf();
  return source == nullptr ? nullptr : source->call_frames();
}

Result<void> LoadedDebuginfo::save_cache() {
  if (!changed_ || cache_path_.empty() || origin_ == Origin::profile) return {};
  std::error_code error;
  const auto directory = std::filesystem::path(cache_path_).parent_path();
  std::filesystem::create_directories(directory, error);
  if (error) return fail(directory.string() + ": cannot be made: " + error.message());
  auto written = write_profile_file(contents_, cache_path_, /*compact=*/false);
  if (written) changed_ = false;
  return written;
}

}  // namespace kmortem::debuginfo
