// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "support/fake_types.h"

namespace kmortem::test {

/// Lock types as kernels of different ages lay them out, from their headers.

inline debuginfo::TypeId list_head(FakeTypes& t) {
  if (const auto known = t.find("list_head"); known != debuginfo::kVoid) return known;
  return t.define("list_head", 16, {t.at(0, "next", t.pointer()), t.at(8, "prev", t.pointer())});
}

inline debuginfo::TypeId atomic(FakeTypes& t, debuginfo::TypeId counter, uint64_t size) {
  return t.structure("", size, {t.at(0, "counter", counter)});
}

inline debuginfo::TypeId rb_root(FakeTypes& t) {
  return t.structure("rb_root", 8, {t.at(0, "rb_node", t.pointer())});
}

/// arch_spinlock_t since 4.2: struct qspinlock.
inline debuginfo::TypeId qspinlock(FakeTypes& t) {
  const auto bytes = t.structure("", 2, {t.at(0, "locked", t.u8), t.at(1, "pending", t.u8)});
  const auto halves =
      t.structure("", 4, {t.at(0, "locked_pending", t.u16), t.at(2, "tail", t.u16)});
  const auto all = t.union_of(
      "", 4, {t.at(0, "val", atomic(t, t.s32, 4)), t.at(0, "", bytes), t.at(0, "", halves)});
  return t.define("qspinlock", 4, {t.at(0, "", all)});
}

/// arch_spinlock_t of 3.10: tickets of one byte.
inline debuginfo::TypeId ticket_lock(FakeTypes& t) {
  const auto tickets =
      t.structure("__raw_tickets", 2, {t.at(0, "head", t.u8), t.at(1, "tail", t.u8)});
  const auto both = t.union_of("", 2, {t.at(0, "head_tail", t.u16), t.at(0, "tickets", tickets)});
  return t.structure("arch_spinlock", 2, {t.at(0, "", both)});
}

inline void raw_spinlock(FakeTypes& t, debuginfo::TypeId arch) {
  t.define("raw_spinlock", 4, {t.at(0, "raw_lock", arch)});
}

/// With CONFIG_DEBUG_SPINLOCK and CONFIG_DEBUG_LOCK_ALLOC.
inline void debug_raw_spinlock(FakeTypes& t, debuginfo::TypeId arch) {
  const auto map =
      t.define("lockdep_map", 40,
               {t.at(0, "key", t.pointer()), t.at(8, "class_cache", t.array(t.pointer(), 2)),
                t.at(24, "name", t.pointer())});
  t.define("raw_spinlock", 64,
           {t.at(0, "raw_lock", arch), t.at(4, "magic", t.u32), t.at(8, "owner_cpu", t.u32),
            t.at(16, "owner", t.pointer()), t.at(24, "dep_map", map)});
}

/// 4.10 and later, without debugging.
inline void mutex_6_1(FakeTypes& t) {
  t.define("mutex", 32,
           {t.at(0, "owner", atomic(t, t.s64, 8)), t.at(8, "wait_lock", t.u32),
            t.at(12, "osq", t.u32), t.at(16, "wait_list", list_head(t))});
}

/// 7.x: a pointer to the first waiter instead of a list's head.
inline void mutex_7_1(FakeTypes& t) {
  t.define("mutex", 24,
           {t.at(0, "owner", atomic(t, t.s64, 8)), t.at(8, "wait_lock", t.u32),
            t.at(12, "osq", t.u32), t.at(16, "first_waiter", t.pointer())});
}

inline void mutex_4_4(FakeTypes& t) {
  t.define(
      "mutex", 40,
      {t.at(0, "count", atomic(t, t.s32, 4)), t.at(4, "wait_lock", t.u32),
       t.at(8, "wait_list", list_head(t)), t.at(24, "owner", t.pointer()), t.at(32, "osq", t.u32)});
}

inline void rwsem_6_1(FakeTypes& t) {
  t.define(
      "rw_semaphore", 40,
      {t.at(0, "count", atomic(t, t.s64, 8)), t.at(8, "owner", atomic(t, t.s64, 8)),
       t.at(16, "osq", t.u32), t.at(20, "wait_lock", t.u32), t.at(24, "wait_list", list_head(t))});
}

inline void rwsem_4_4(FakeTypes& t) {
  t.define("rw_semaphore", 48,
           {t.at(0, "count", t.s64), t.at(8, "wait_list", list_head(t)),
            t.at(24, "wait_lock", t.u32), t.at(28, "osq", t.u32), t.at(32, "owner", t.pointer())});
}

inline debuginfo::TypeId rt_mutex_base(FakeTypes& t) {
  if (const auto known = t.find("rt_mutex_base"); known != debuginfo::kVoid) return known;
  const auto cached = t.structure(
      "rb_root_cached", 16, {t.at(0, "rb_root", rb_root(t)), t.at(8, "rb_leftmost", t.pointer())});
  return t.define(
      "rt_mutex_base", 32,
      {t.at(0, "wait_lock", t.u32), t.at(8, "waiters", cached), t.at(24, "owner", t.pointer())});
}

inline debuginfo::TypeId rwbase_rt(FakeTypes& t) {
  if (const auto known = t.find("rwbase_rt"); known != debuginfo::kVoid) return known;
  return t.define("rwbase_rt", 40,
                  {t.at(0, "readers", atomic(t, t.s32, 4)), t.at(8, "rtmutex", rt_mutex_base(t))});
}

inline void rt_waiter_6_1(FakeTypes& t) {
  const auto node = t.structure("rt_waiter_node", 40, {t.at(0, "entry", t.array(t.u64, 3))});
  t.define("rt_mutex_waiter", 112,
           {t.at(0, "tree", node), t.at(80, "task", t.pointer()), t.at(88, "lock", t.pointer())});
}

/// lockdep_map since 5.11, without CONFIG_LOCK_STAT.
inline debuginfo::TypeId lockdep_map_5_11(FakeTypes& t) {
  if (const auto known = t.find("lockdep_map"); known != debuginfo::kVoid) return known;
  return t.define("lockdep_map", 40,
                  {t.at(0, "key", t.pointer()), t.at(8, "class_cache", t.array(t.pointer(), 2)),
                   t.at(24, "name", t.pointer()), t.at(32, "wait_type_outer", t.u8),
                   t.at(33, "wait_type_inner", t.u8), t.at(34, "lock_type", t.u8)});
}

/// The sleeping locks of PREEMPT_RT (5.15 and later) with CONFIG_DEBUG_LOCK_ALLOC. local_lock_t is
/// a spinlock_t there.
inline void preempt_rt_locks(FakeTypes& t) {
  const auto map = lockdep_map_5_11(t);
  for (const char* name : {"mutex", "rt_mutex"}) {
    t.define(name, 72, {t.at(0, "rtmutex", rt_mutex_base(t)), t.at(32, "dep_map", map)});
  }
  t.define("spinlock", 72, {t.at(0, "lock", rt_mutex_base(t)), t.at(32, "dep_map", map)});
  for (const char* name : {"rw_semaphore", "rwlock_t"}) {
    t.define(name, 80, {t.at(0, "rwbase", rwbase_rt(t)), t.at(40, "dep_map", map)});
  }
}

}  // namespace kmortem::test
