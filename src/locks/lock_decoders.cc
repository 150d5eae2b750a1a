// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lock_decoders.h"

namespace kmortem::locks {

LockDecoders::LockDecoders(const kernel::Target& target, std::span<const model::Cpu> cpus)
    : spin_word_(target) {
  const debuginfo::TypeTable& types = target.types;
  const auto add = [this](DecoderPtr decoder) {
    if (decoder) all_.push_back(std::move(decoder));
  };
  // Those with a magic first: where a type is to be guessed, they are sure.
  add(make_spinlock_decoder(target));
  add(make_rwlock_decoder(types));
  add(make_mutex_decoder(types));
  add(make_rwsem_decoder(types));
  add(make_rt_kernel_mutex_decoder(types));
  add(make_rt_kernel_rwsem_decoder(types));
  add(make_rt_spinlock_decoder(types));
  add(make_rt_rwlock_decoder(types));
  add(make_percpu_rwsem_decoder(target, cpus));
  add(make_rt_mutex_decoder(types));
  add(make_semaphore_decoder(types));
  add(make_completion_decoder(types));
  add(make_seqcount_decoder(types));
}

const LockDecoder* LockDecoders::find(model::LockType type) const {
  for (const DecoderPtr& decoder : all_) {
    if (decoder->type() == type) return decoder.get();
  }
  return nullptr;
}

}  // namespace kmortem::locks
