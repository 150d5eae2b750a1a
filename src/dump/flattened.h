// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/error.h"
#include "dump/file_view.h"
#include "dump/input_stream.h"

namespace kmortem::dump {

/// A flattened dump put back in order.
struct Rearranged {
  std::shared_ptr<const FileView> file;
  bool truncated = false;  ///< no end marker, or a record that cannot be: the rest is lost
};

/// True for the beginning of makedumpfile's stream format (`makedumpfile -F`, QEMU's kdump-*
/// formats): a 4096-byte header that begins with "makedumpfile", then records of offset, size and
/// data.
bool is_flattened(std::span<const std::byte> head);

/// Writes the records of `stream` to where they belong in a Spool. Keeps what is there when the
/// stream ends early; fails only when nothing is, or there is no room for it. `name` is for
/// messages.
Result<Rearranged> rearrange(InputStream& stream, const std::string& name);

}  // namespace kmortem::dump
