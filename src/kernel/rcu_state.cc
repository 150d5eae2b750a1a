// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/rcu_state.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/record.h"

namespace kmortem::kernel {

namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kMaxStateBytes = uint64_t{4} << 20;  // 8192 CPUs make 550 nodes of 1 KB
constexpr size_t kMaxReaders = 64;
constexpr uint64_t kSequenceStates = 3;  // RCU_SEQ_STATE_MASK
constexpr uint64_t kMaxTimeout = 300;    // seconds; what the module parameter takes

/// Until 4.20 every flavour had a state of its own, "rcu_state" being a pointer to one of them.
constexpr std::string_view kFlavours[] = {"rcu_sched_state", "rcu_preempt_state", "rcu_bh_state"};

class GracePeriodReader {
 public:
  explicit GracePeriodReader(const Target& target) : target_(target) {
    const debuginfo::TypeTable& types = target.types;
    size_ = types.size_of("rcu_state").value_or(0);
    nodes_ = types.field("rcu_state.node");
    gp_start_ = types.field("rcu_state.gp_start");
    gp_seq_ = types.field("rcu_state.gp_seq");  // 4.19
    gpnum_ = types.field("rcu_state.gpnum");
    completed_ = types.field("rcu_state.completed");
    level_ = types.field("rcu_node.level");
    low_ = types.field("rcu_node.grplo");
    high_ = types.field("rcu_node.grphi");
    waiting_ = types.field("rcu_node.qsmask");
    readers_ = types.field("rcu_node.gp_tasks");
    all_readers_ = types.field("rcu_node.blkd_tasks");
    reader_link_ = types.field("task_struct.rcu_node_entry");
    read_clock();
  }

  bool usable() const {
    return size_ != 0 && size_ <= kMaxStateBytes && nodes_ && level_ && low_ && high_ && waiting_;
  }

  std::optional<model::GracePeriod> read(std::string_view flavour) const {
    const auto address = target_.symbol(flavour);
    if (!address) return std::nullopt;
    const auto bytes = target_.memory.read_bytes(*address, size_);
    if (!bytes) {
      target_.problems.add({"rcu_state", bytes.error().address,
                            std::string(describe(bytes.error().kind)),
                            "whether a grace period stalls is not known"});
      return std::nullopt;
    }
    const Record state(*address, *bytes);
    model::GracePeriod period;
    period.flavour = flavour;
    period.in_progress = in_progress(state);
    period.stall_timeout_ns = stall_timeout_ns_;
    if (!period.in_progress) return period;
    period.age_ns = age(state);
    read_nodes(*address, *bytes, period);
    return period;
  }

 private:
  void read_clock() {
    const auto value = [this](std::string_view name, unsigned size) -> uint64_t {
      const auto symbol = target_.symbol(name);
      return symbol ? target_.memory.read_unsigned(*symbol, size).value_or(0) : 0;
    };
    jiffies_ = value("jiffies_64", 8);
    tick_ns_ = value("tick_nsec", 8);
    if (tick_ns_ > kSecond) tick_ns_ = 0;
    const uint64_t timeout = value("rcu_cpu_stall_timeout", 4);
    if (timeout <= kMaxTimeout) stall_timeout_ns_ = timeout * kSecond;
  }

  bool in_progress(const Record& state) const {
    if (gp_seq_) return (state.get(*gp_seq_) & kSequenceStates) != 0;
    return gpnum_ && completed_ && state.get(*gpnum_) != state.get(*completed_);
  }

  uint64_t age(const Record& state) const {
    const uint64_t start = state.get_or(gp_start_, 0);
    uint64_t age = 0;
    if (start == 0 || jiffies_ < start) return 0;
    if (__builtin_mul_overflow(jiffies_ - start, tick_ns_, &age)) return 0;
    return age;
  }

  void read_nodes(uint64_t address, std::span<const std::byte> state,
                  model::GracePeriod& period) const {
    uint64_t leaf_level = 0;
    const auto each = [&](auto visit) {
      for (uint64_t i = 0; i < nodes_->count; ++i) {
        const uint64_t offset = nodes_->offset + i * nodes_->size;
        if (offset + nodes_->size > state.size()) break;
        visit(Record(address + offset, state.subspan(offset, nodes_->size)));
      }
    };
    each([&](const Record& node) { leaf_level = std::max(leaf_level, node.get(*level_)); });
    each([&](const Record& node) {
      if (node.get(*level_) == leaf_level) read_leaf(node, period);
    });
  }

  void read_leaf(const Record& node, model::GracePeriod& period) const {
    const uint64_t low = node.get(*low_);
    const uint64_t high = node.get(*high_);
    const uint64_t mask = node.get(*waiting_);
    if (high < low || high - low >= 64 || high > 8192) return;
    for (uint64_t cpu = low; cpu <= high; ++cpu) {
      if ((mask >> (cpu - low)) & 1) period.waits_for_cpus.push_back(static_cast<int>(cpu));
    }
    read_readers(node, period);
  }

  /// gp_tasks is the first reader on blkd_tasks that the current grace period waits for; all that
  /// follow it do so as well.
  void read_readers(const Record& node, model::GracePeriod& period) const {
    if (!readers_ || !all_readers_ || !reader_link_) return;
    const uint64_t head = node.address_of(*all_readers_);
    uint64_t link = node.get(*readers_);
    while (link != 0 && link != head && period.waits_for_tasks.size() < kMaxReaders) {
      period.waits_for_tasks.push_back(link - reader_link_->offset);
      const auto next = target_.memory.read_u64(link);
      if (!next || *next == link) return;
      link = *next;
    }
  }

  const Target& target_;
  uint64_t size_ = 0;
  std::optional<debuginfo::Field> nodes_, gp_start_, gp_seq_, gpnum_, completed_;
  std::optional<debuginfo::Field> level_, low_, high_, waiting_, readers_, all_readers_;
  std::optional<debuginfo::Field> reader_link_;
  uint64_t jiffies_ = 0, tick_ns_ = 0, stall_timeout_ns_ = 0;
};

}  // namespace

std::vector<model::GracePeriod> read_grace_periods(const Target& target) {
  const GracePeriodReader reader(target);
  std::vector<model::GracePeriod> periods;
  if (!reader.usable()) return periods;
  bool old = false;
  for (std::string_view flavour : kFlavours) {
    if (auto period = reader.read(flavour)) {
      periods.push_back(std::move(*period));
      old = true;
    }
  }
  if (old) return periods;
  if (auto period = reader.read("rcu_state")) periods.push_back(std::move(*period));
  return periods;
}

}  // namespace kmortem::kernel
