// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace kmortem::debuginfo {

/// One of the kernel's source files and what an analysis wants from its compile unit. Names that
/// exist only in some versions stand side by side; what is absent is simply not found.
struct WantedFile {
  /// Paths in the kernel tree that the file has had, newest first.
  std::span<const std::string_view> paths;
  /// Symbols of which at least one exists when the file is part of the kernel; none: always.
  std::span<const std::string_view> probes;
  /// Structures, unions, typedefs, and enumerations (with all their enumerators). The first is
  /// defined in no header that others include: it tells that the unit was found.
  std::span<const std::string_view> types;
  /// Global or static variables, for their types and array bounds.
  std::span<const std::string_view> variables;
  /// An enumerator of each nameless enumeration that is wanted.
  std::span<const std::string_view> enumerators;
};

/// An analysis reads as little as it can. A profile made by hand stands in for vmlinux where there
/// is none, so it also holds what engineers look at (`show`) and what comes with other locks.
enum class WantedScope : uint8_t { analysis, everything };

/// In the order in which they are worth reading. Fewer than 64.
std::span<const WantedFile> wanted_files(WantedScope scope);

/// Changes whenever the list does: a cached profile made with another list is not used.
uint64_t wanted_fingerprint();

}  // namespace kmortem::debuginfo
