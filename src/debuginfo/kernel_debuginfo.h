// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "debuginfo/call_frames.h"
#include "debuginfo/symbol_table.h"
#include "debuginfo/type_table.h"
#include "model/frame.h"

namespace kmortem::debuginfo {

struct OpenOptions {
  bool use_cache = true;
  /// Of several processes that open the same image for the first time, one reads the DWARF and
  /// writes the cache, and the others wait for that.
  bool cache_once = false;
  /// Empty: $XDG_CACHE_HOME/kmortem, or ~/.cache/kmortem.
  std::string cache_dir;
  /// Reads what engineers look at as well, not only what an analysis needs: for a profile.
  bool everything = false;
  /// Where else to look for the parts of an image that is split into several files.
  std::vector<std::string> debug_dirs;
};

/// The ORC unwinder's two tables as they lie in vmlinux. Empty when the kernel has none, or when
/// there is only a debug file split off from its vmlinux.
struct OrcTables {
  uint64_t ip_address = 0;            ///< link-time address of .orc_unwind_ip
  std::span<const std::byte> ip;      ///< 32-bit offsets, each from its own place, ascending
  std::span<const std::byte> unwind;  ///< struct orc_entry, one for each; 6 bytes on x86-64
};

/// What is known of one kernel image: types, symbols, source lines, unwind tables. From vmlinux,
/// from a profile, or from the cached profile of a vmlinux, whose DWARF is then opened only for
/// what the profile does not have. Not to be shared between threads.
class KernelDebuginfo {
 public:
  virtual ~KernelDebuginfo() = default;

  virtual const TypeTable& types() const = 0;
  virtual SymbolTable& symbols() = 0;
  virtual const SymbolTable& symbols() const = 0;

  virtual const std::string& path() const = 0;      ///< of vmlinux or of the profile
  virtual const std::string& build_id() const = 0;  ///< lower-case hexadecimal; may be empty
  virtual const std::string& release() const = 0;   ///< as uname -r; empty when unknown
  /// linux_banner's text ("Linux version 6.1.0 ..."), without the newline: tells kernels apart
  /// that have no build-id.
  virtual const std::string& banner() const = 0;

  /// Makes any type usable in types(), by name, also as "struct NAME"; reads DWARF if it must.
  /// False when there is no such type, or no DWARF to look it up in.
  virtual bool load_type(std::string_view name) = 0;
  /// The same for the type of a global variable.
  virtual bool load_variable(std::string_view name) = 0;

  /// The functions that run-time address `pc` is in, innermost first: inlined ones have
  /// `inlined` set, the last is the real one, with the symbol's name, offset and size. Every
  /// frame has `pc`, and file and line where known. A return address names the instruction after
  /// the call: with `return_address` the byte before `pc` is looked up instead. Empty outside the
  /// kernel image and where no source line is known.
  virtual std::vector<model::Frame> locate(uint64_t pc, bool return_address = false) = 0;

  virtual OrcTables orc() const = 0;
  /// DWARF's call frame information, for kernels without ORC; reads DWARF, and takes link-time
  /// addresses. Null when there is no DWARF, as with a profile alone, or none of that in it.
  virtual CallFrames* call_frames() = 0;

  virtual bool opened_dwarf() const = 0;  ///< in this process, up to now
  virtual bool from_cache() const = 0;    ///< types and symbols came from the cache
  virtual bool from_profile() const = 0;  ///< opened by open_profile()

  /// Writes what is known now to the cache, source lines found meanwhile included, unless the
  /// cache is off or has it all. To be called once, after an analysis. Fails when the directory
  /// or file cannot be written: worth a note, never an error of the analysis.
  virtual Result<void> save_cache() = 0;
};

/// The directory of the layout cache: $XDG_CACHE_HOME/kmortem, or ~/.cache/kmortem; empty when
/// neither variable says where.
std::string default_cache_dir();
/// Where layouts are cached by these options; empty when they are not.
std::string cache_directory(const OpenOptions& options);

/// Opens a kernel image: vmlinux, also packed (xz, zstd, gzip), a stripped vmlinux whose debug file
/// is found by link or build-id, or such a debug file alone. Fails with one line: missing, not ELF,
/// another machine, without symbols or DWARF and where they were looked for.
Result<std::unique_ptr<KernelDebuginfo>> open_vmlinux(const std::string& path,
                                                      const OpenOptions& options = {});

/// Opens a profile that write_profile() made. Fails when it is damaged, cut off or of another
/// format version. The cache is not used.
Result<std::unique_ptr<KernelDebuginfo>> open_profile(const std::string& path);

/// Writes everything but the DWARF to `path`, atomically (temporary file and rename), as
/// docs/profile.md describes. `compact` compresses all of it: a third of the size, and some ten
/// milliseconds more at each opening.
Result<void> write_profile(const KernelDebuginfo& debuginfo, const std::string& path,
                           bool compact = true);

}  // namespace kmortem::debuginfo
