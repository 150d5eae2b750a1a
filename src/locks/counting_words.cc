// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/core.h>

#include "locks/lock_decoders.h"

namespace kmortem::locks {

namespace {

class SemaphoreDecoder : public LockDecoder {
 public:
  SemaphoreDecoder(const debuginfo::TypeTable& types, debuginfo::Field count, uint64_t size)
      : LockDecoder(model::LockType::semaphore, "semaphore", size, std::nullopt),
        count_(count),
        last_holder_(types.field("semaphore.last_holder")) {}

  LockWord decode(const kernel::Record& lock) const override {
    LockWord word;
    word.value = lock.get(count_) & UINT32_MAX;
    word.locked = *word.value == 0;
    word.text = *word.value == 0 ? "taken (count 0)" : fmt::format("count {}", *word.value);
    word.no_owner_kept = true;
    // Who got through last; it need not be the one that has not come back.
    word.owner = *word.value == 0 ? lock.get_or(last_holder_, 0) : 0;
    word.owner_hint = true;
    word.owner_member = "semaphore.last_holder";
    return word;
  }

 private:
  debuginfo::Field count_;
  OptionalField last_holder_;
};

class CompletionDecoder : public LockDecoder {
 public:
  CompletionDecoder(const debuginfo::TypeTable& types, debuginfo::Field done, uint64_t size)
      : LockDecoder(model::LockType::completion, "completion", size, types.field("completion.map")),
        done_(done) {}

  LockWord decode(const kernel::Record& lock) const override {
    LockWord word;
    word.value = lock.get(done_) & UINT32_MAX;
    word.text =
        *word.value == 0 ? "not completed" : fmt::format("completed (done {})", *word.value);
    word.no_owner_kept = true;
    return word;
  }

 private:
  debuginfo::Field done_;
};

class PercpuRwsemDecoder : public LockDecoder {
 public:
  PercpuRwsemDecoder(const kernel::Target& target, std::span<const model::Cpu> cpus,
                     debuginfo::Field block, debuginfo::Field read_count, uint64_t size)
      : LockDecoder(model::LockType::percpu_rwsem, "percpu_rw_semaphore", size,
                    target.types.field("percpu_rw_semaphore.dep_map")),
        target_(target),
        block_(block),
        read_count_(read_count),
        writer_(target.types.field("percpu_rw_semaphore.writer.task")) {
    for (const model::Cpu& cpu : cpus) bases_.push_back(cpu.percpu_base);
  }

  LockWord decode(const kernel::Record& lock) const override {
    LockWord word;
    const bool blocked = lock.get(block_) != 0;
    const auto readers = count_readers(lock.get(read_count_));
    word.value = lock.get(block_) & UINT32_MAX;
    word.no_owner_kept = true;
    const uint64_t writer = lock.get_or(writer_, 0);
    word.writing = blocked && readers == 0U;
    if (readers) word.locked = blocked || *readers != 0;
    word.text = !blocked      ? "open to readers"
                : writer != 0 ? "a writer waits for readers to leave"
                              : "blocked by a writer";
    if (readers && *readers != 0) {
      append_part(&word.text, fmt::format("{} reader{}", *readers, *readers == 1 ? "" : "s"));
    }
    if (blocked) word.waiting_writer = writer;
    return word;
  }

 private:
  /// read_count is incremented on one CPU and may be decremented on another: only the sum counts.
  std::optional<uint32_t> count_readers(uint64_t percpu) const {
    uint32_t sum = 0;
    for (const uint64_t base : bases_) {
      const auto count = target_.memory.read_u32(percpu + base);
      if (!count) return std::nullopt;
      sum += *count;
    }
    return sum;
  }

  const kernel::Target target_;
  debuginfo::Field block_, read_count_;
  OptionalField writer_;  // rcuwait: a writer that waits until the last reader has left
  std::vector<uint64_t> bases_;
};

class SeqcountDecoder : public LockDecoder {
 public:
  SeqcountDecoder(const debuginfo::TypeTable& types, debuginfo::Field sequence, uint64_t size)
      : LockDecoder(model::LockType::seqlock, "seqcount", size, types.field("seqcount.dep_map")),
        sequence_(sequence) {}

  LockWord decode(const kernel::Record& lock) const override {
    LockWord word;
    word.value = lock.get(sequence_) & UINT32_MAX;
    word.locked = (*word.value & 1) != 0;
    word.writing = *word.locked;
    word.text = word.writing ? fmt::format("sequence {}: being written", *word.value)
                             : fmt::format("sequence {}: no writer", *word.value);
    word.no_owner_kept = true;
    return word;
  }

 private:
  debuginfo::Field sequence_;
};

}  // namespace

DecoderPtr make_semaphore_decoder(const debuginfo::TypeTable& types) {
  const auto count = types.field("semaphore.count");
  const auto size = types.size_of("semaphore");
  if (!count || !size || count->size != 4) return nullptr;
  return std::make_unique<SemaphoreDecoder>(types, *count, *size);
}

DecoderPtr make_completion_decoder(const debuginfo::TypeTable& types) {
  const auto done = types.field("completion.done");
  const auto size = types.size_of("completion");
  if (!done || !size || done->size != 4) return nullptr;
  return std::make_unique<CompletionDecoder>(types, *done, *size);
}

DecoderPtr make_percpu_rwsem_decoder(const kernel::Target& target,
                                     std::span<const model::Cpu> cpus) {
  const debuginfo::TypeTable& types = target.types;
  auto block = types.field("percpu_rw_semaphore.block.counter");         // 5.7
  if (!block) block = types.field("percpu_rw_semaphore.readers_block");  // 4.6
  const auto readers = types.field("percpu_rw_semaphore.read_count");
  const auto size = types.size_of("percpu_rw_semaphore");
  if (!block || !readers || !size || readers->size != 8) return nullptr;
  return std::make_unique<PercpuRwsemDecoder>(target, cpus, *block, *readers, *size);
}

DecoderPtr make_seqcount_decoder(const debuginfo::TypeTable& types) {
  const auto sequence = types.field("seqcount.sequence");
  const auto size = types.size_of("seqcount");
  if (!sequence || !size || sequence->size != 4) return nullptr;
  return std::make_unique<SeqcountDecoder>(types, *sequence, *size);
}

}  // namespace kmortem::locks
