// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/lockdep.h"

namespace kmortem::model {

const LockClass* Lockdep::find(int index) const {
  if (index < 0) return nullptr;
  auto it = position.find(static_cast<unsigned>(index));
  if (it == position.end() || it->second >= classes.size()) return nullptr;
  return &classes[it->second];
}

}  // namespace kmortem::model
