// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kmortem::splats {

/// A line of a log file, taken apart: what printk and the way to the file put before the text.
struct PrefixedLine {
  bool prefixed = false;            ///< there was something of the kind
  bool fragment = false;            ///< goes on the line before: netconsole's "c" and "+" records
  std::optional<uint64_t> time_ns;  ///< printk's time stamp
  std::string caller;               ///< "T943", "C1"; empty when not printed
  std::string text;
};

/// Understands, alone and together: printk's "[   12.345678]", CONFIG_PRINTK_CALLER's "[  T943]",
/// levels "<4>", syslog's and the journal's "Oct  3 06:48:30 host kernel:", ISO times as rsyslog
/// and dmesg write them, `dmesg -T`, extended netconsole ("6,339,5140900,-,caller=T1;"), mail
/// quotes, and time stamps behind what another program wrote on the console. Escape sequences of
/// terminals are dropped.
PrefixedLine read_prefix(std::string_view line);

}  // namespace kmortem::splats
