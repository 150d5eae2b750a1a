// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/read_error.h"

namespace kmortem {

std::string_view describe(ReadError::Kind kind) {
  switch (kind) {
    case ReadError::Kind::unmapped:
      return "not mapped";
    case ReadError::Kind::excluded:
      return "page excluded from the dump";
    case ReadError::Kind::truncated:
      return "beyond the end of the truncated dump";
    case ReadError::Kind::corrupt:
      return "page does not decompress or its table entry is corrupt";
    case ReadError::Kind::invalid:
      return "not a kernel address";
  }
  return "unreadable";
}

}  // namespace kmortem
