// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "debuginfo/dwarf_source.h"
#include "debuginfo/elf_file.h"
#include "debuginfo/image_contents.h"
#include "debuginfo/kernel_debuginfo.h"

namespace kmortem::debuginfo {

/// Opens the DWARF of the file that has it, when it is first asked for.
using DwarfOpener = std::function<Result<std::unique_ptr<DwarfSource>>(TypeTable&)>;

/// The one KernelDebuginfo: contents from wherever, and a vmlinux to open for more, if any.
class LoadedDebuginfo : public KernelDebuginfo {
 public:
  enum class Origin { vmlinux, cache, profile };

  /// `open_source`: empty for a profile. `cache_path`: where save_cache() writes; empty when the
  /// cache is off.
  LoadedDebuginfo(std::string path, Origin origin, ImageContents contents, DwarfOpener open_source,
                  std::string cache_path);

  /// Opens vmlinux's DWARF and reads the types that every analysis wants.
  Result<void> load_from_dwarf(WantedScope scope);

  const TypeTable& types() const override { return contents_.types; }
  SymbolTable& symbols() override { return *contents_.symbols; }
  const SymbolTable& symbols() const override { return *contents_.symbols; }
  const std::string& path() const override { return path_; }
  const std::string& build_id() const override { return contents_.build_id; }
  const std::string& release() const override { return contents_.release; }
  const std::string& banner() const override { return contents_.banner; }
  bool load_type(std::string_view name) override;
  bool load_variable(std::string_view name) override;
  std::vector<model::Frame> locate(uint64_t pc, bool return_address) override;
  OrcTables orc() const override { return contents_.orc; }
  CallFrames* call_frames() override;
  bool opened_dwarf() const override { return dwarf_ != nullptr; }
  bool from_cache() const override { return origin_ == Origin::cache; }
  bool from_profile() const override { return origin_ == Origin::profile; }
  Result<void> save_cache() override;

  const ImageContents& contents() const { return contents_; }

 private:
  Result<void> open_dwarf();
  DwarfSource* dwarf();
  const std::vector<SourceFrame>& lines_at(uint64_t link_address);
  bool has_type(std::string_view name) const;

  std::string path_;
  Origin origin_;
  ImageContents contents_;
  DwarfOpener open_source_;
  std::string cache_path_;
  std::unique_ptr<DwarfSource> dwarf_;
  bool dwarf_failed_ = false;
  bool changed_ = false;  ///< contents_ has what the cache does not
};

}  // namespace kmortem::debuginfo
