// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "debuginfo/byte_stream.h"
#include "debuginfo/image_contents.h"

namespace kmortem::debuginfo {

/// The sections "types" and "lines" of a profile, in docs/profile.md's order.
void encode_types(const TypeTable& table, ByteWriter& out);
void encode_lines(const ResolvedLines& lines, ByteWriter& out);

/// False when the bytes are not what the encoder writes; the output is then unusable.
bool decode_types(ByteReader& in, TypeTable& table);
bool decode_lines(ByteReader& in, ResolvedLines& lines);

}  // namespace kmortem::debuginfo
