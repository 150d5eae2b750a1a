// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/taint.h"

#include <string_view>

namespace kmortem::kernel {

std::string taint_letters(uint64_t mask) {
  constexpr std::string_view kLetters = "PFSRMBUDAWCIOELKXTNJ";
  std::string letters;
  for (size_t bit = 0; bit < kLetters.size(); ++bit) {
    if ((mask >> bit) & 1) letters += kLetters[bit];
  }
  return letters;
}

}  // namespace kmortem::kernel
