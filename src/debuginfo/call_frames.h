// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>

namespace kmortem::debuginfo {

/// x86-64's registers by their DWARF numbers: 0 to 15 are general ones, 7 is rsp, 16 is the
/// return address.
inline constexpr size_t kFrameRegisters = 17;

/// What is known of the frame whose caller is looked for.
class FrameValues {
 public:
  virtual ~FrameValues() = default;
  virtual std::optional<uint64_t> register_value(uint64_t number) = 0;
  /// The 8 bytes at `address` on the stack.
  virtual std::optional<uint64_t> word(uint64_t address) = 0;
};

struct CallerFrame {
  uint64_t cfa = 0;
  std::array<std::optional<uint64_t>, kFrameRegisters> registers;  ///< as they are in the caller
  bool outermost = false;                                          ///< there is no caller
  bool interrupted = false;  ///< a signal frame: the caller did not call, it was interrupted
};

enum class NoCaller : uint8_t {
  not_covered,  ///< assembly without annotations, generated code
  lost,         ///< what the rules ask for is not known
};

/// DWARF's call frame information (.debug_frame, .eh_frame) of one image.
class CallFrames {
 public:
  virtual ~CallFrames() = default;

  /// The caller of the frame that stands inside the instruction at link-time `address`.
  virtual std::expected<CallerFrame, NoCaller> caller(uint64_t address, FrameValues& frame) = 0;
};

}  // namespace kmortem::debuginfo
