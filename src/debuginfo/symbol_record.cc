// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/symbol_record.h"

#include <algorithm>

namespace kmortem::debuginfo {

namespace {

bool looks_like_marker(std::string_view name) {
  for (std::string_view prefix : {"__start_", "__stop_", "__end_"}) {
    if (name.starts_with(prefix)) return true;
  }
  for (std::string_view suffix : {"_start", "_end"}) {
    if (name.starts_with("__") && name.ends_with(suffix)) return true;
  }
  return false;
}

}  // namespace

uint32_t alias_rank(const SymbolRecord& record, std::string_view name) {
  const bool typed = record.has(SymbolRecord::kFunction) || record.has(SymbolRecord::kObject);
  const size_t underscores = std::min(name.find_first_not_of('_'), name.size());
  uint32_t rank = typed ? 0 : 1;
  rank = rank << 1 | (record.has(SymbolRecord::kWeak) ? 1 : 0);
  rank = rank << 1 | (looks_like_marker(name) ? 1 : 0);
  return rank << 8 | static_cast<uint32_t>(std::min<size_t>(underscores, 255));
}

}  // namespace kmortem::debuginfo
