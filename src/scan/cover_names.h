// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace kmortem::scan {

/// Names that stand for those of hosts and dumps in the results of a redacted scan: alike for every
/// run and every shard that has the same key, and not to be found by trying likely names without it
/// (keyed BLAKE2b, RFC 7693).
class CoverNames {
 public:
  /// Takes the key from `folder`/key, or makes one there for all who come after. The folder and
  /// what is in it are for their owner alone. Fails with one line when that is not possible.
  static Result<CoverNames> open(const std::string& folder);

  std::string of_host(std::string_view name) const { return cover("host", name); }
  std::string of_dump(std::string_view path) const { return cover("dump", path); }

 private:
  CoverNames() = default;
  std::string cover(std::string_view kind, std::string_view name) const;

  std::array<uint8_t, 32> key_ = {};
};

}  // namespace kmortem::scan
