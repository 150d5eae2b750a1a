// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "kernel/target.h"
#include "locks/lock_word.h"
#include "locks/spin_word.h"
#include "model/machine.h"

namespace kmortem::locks {

using DecoderPtr = std::unique_ptr<LockDecoder>;

// Each is null when the debuginfo does not describe the type, or not in a form that is known.

/// raw_spinlock_t, and spinlock_t where it is one; owner and owner_cpu with CONFIG_DEBUG_SPINLOCK.
DecoderPtr make_spinlock_decoder(const kernel::Target& target);
/// rwlock_t that spins: qrwlock of 4.15 and later, of 3.16 to 4.14, the biased count before.
DecoderPtr make_rwlock_decoder(const debuginfo::TypeTable& types);
/// struct mutex: owner with flags (4.10), count and owner before.
DecoderPtr make_mutex_decoder(const debuginfo::TypeTable& types);
/// struct rw_semaphore: flag bits (5.3), the bias before.
DecoderPtr make_rwsem_decoder(const debuginfo::TypeTable& types);
/// struct rt_mutex; its fields moved to rt_mutex_base in 5.15.
DecoderPtr make_rt_mutex_decoder(const debuginfo::TypeTable& types);
/// spinlock_t of PREEMPT_RT.
DecoderPtr make_rt_spinlock_decoder(const debuginfo::TypeTable& types);
/// rwlock_t of PREEMPT_RT.
DecoderPtr make_rt_rwlock_decoder(const debuginfo::TypeTable& types);
/// struct mutex and rw_semaphore of PREEMPT_RT.
DecoderPtr make_rt_kernel_mutex_decoder(const debuginfo::TypeTable& types);
DecoderPtr make_rt_kernel_rwsem_decoder(const debuginfo::TypeTable& types);
/// struct semaphore: no owner, but the last holder with CONFIG_DETECT_HUNG_TASK_BLOCKER (7.x).
DecoderPtr make_semaphore_decoder(const debuginfo::TypeTable& types);
/// struct completion: nobody owns it.
DecoderPtr make_completion_decoder(const debuginfo::TypeTable& types);
/// struct percpu_rw_semaphore; its readers are counted over the CPUs.
DecoderPtr make_percpu_rwsem_decoder(const kernel::Target& target,
                                     std::span<const model::Cpu> cpus);
/// seqcount_t: odd while somebody writes.
DecoderPtr make_seqcount_decoder(const debuginfo::TypeTable& types);

/// Every lock type of this kernel.
class LockDecoders {
 public:
  LockDecoders(const kernel::Target& target, std::span<const model::Cpu> cpus);

  /// Null when this kernel does not have the type.
  const LockDecoder* find(model::LockType type) const;
  std::span<const DecoderPtr> all() const { return all_; }
  const SpinWordLayout& spin_word() const { return spin_word_; }

 private:
  SpinWordLayout spin_word_;
  std::vector<DecoderPtr> all_;
};

}  // namespace kmortem::locks
