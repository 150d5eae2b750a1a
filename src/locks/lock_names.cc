// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lock_names.h"

#include "locks/lock_states.h"

namespace kmortem::locks {

LockNames::LockNames(const kernel::Target& target, const LockSources& sources)
    : target_(target),
      lockdep_(sources.lockdep),
      name_address_(sources.name_address),
      strings_(target.memory),
      map_name_(target.types.field("lockdep_map.name")),
      class_cache_(target.types.field("lockdep_map.class_cache")) {
  for (const model::LockClass& cls : lockdep_.classes) class_at_.emplace(cls.address, &cls);
}

void LockNames::take_class(int class_index, model::LockState* state) const {
  const model::LockClass* cls = lockdep_.find(class_index);
  if (cls != nullptr && state->lock_class.empty()) state->lock_class = cls->name;
}

void LockNames::read_map(model::LockState* state) {
  if (map_name_ && state->name.empty()) {
    const auto pointer = target_.memory.read_u64(state->map + map_name_->offset);
    const auto name = pointer ? strings_.read_name(*pointer) : std::nullopt;
    if (name) state->name = *name;
  }
  if (class_cache_ && state->lock_class.empty()) {
    const auto pointer = target_.memory.read_u64(state->map + class_cache_->offset);
    const auto cls = pointer ? class_at_.find(*pointer) : class_at_.end();
    if (cls != class_at_.end()) state->lock_class = cls->second->name;
  }
}

void LockNames::name(model::LockState* state) {
  if (state->map != 0) read_map(state);
  if (state->symbol.empty() && name_address_) state->symbol = name_address_(state->address);
  if (state->name.empty()) state->name = state->lock_class;
  if (state->name.empty()) state->name = state->symbol;
}

}  // namespace kmortem::locks
