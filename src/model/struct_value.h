// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kmortem::model {

/// A kernel structure, or a member of one, with its value at the time of the dump.
struct StructValue {
  enum class Kind : uint8_t {
    number,  ///< integer, character or bit-field
    boolean,
    pointer,     ///< `text` is the string that a char* points to, `symbol` what it points into
    enumerator,  ///< `text` is its name; empty when the value has none
    characters,  ///< an array of char: `text` holds its bytes up to the first NUL
    aggregate,   ///< structure or union: `children` are its members
    array,       ///< `children` are its elements
    omitted,     ///< deeper or longer than what is shown
  };
  Kind kind = Kind::number;
  std::string name;    ///< the member's; empty for array elements and anonymous members
  uint64_t value = 0;  ///< zero-extended to 64 bits
  unsigned bits = 64;  ///< width, so that a printer can show -1 as the type does
  bool is_signed = false;
  bool has_text = false;  ///< a char* whose string could be read
  std::string text;
  std::string symbol;  ///< "lock_classes+47232"
  std::vector<StructValue> children;
};

}  // namespace kmortem::model
