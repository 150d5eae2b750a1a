// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>

#include "base/error.h"
#include "dump/file_view.h"

namespace kmortem::dump {

/// A flattened dump put back in order.
struct Rearranged {
  std::shared_ptr<const FileView> file;
  bool truncated = false;  ///< no end marker, or a record that cannot be: the rest is lost
};

/// True for makedumpfile's stream format (`makedumpfile -F`, QEMU's kdump-* formats): a 4096-byte
/// header that begins with "makedumpfile", then records of offset, size and data.
bool is_flattened(const FileView& file);

/// Writes the records of `stream` to where they belong, in memory or, when the stream is large,
/// in an unlinked file under $TMPDIR. Keeps what is there when the stream ends early; fails only
/// when nothing is, or there is no room for it.
Result<Rearranged> rearrange(const FileView& stream);

}  // namespace kmortem::dump
