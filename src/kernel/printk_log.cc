// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/printk_log.h"

#include "kernel/printk_bytes.h"
#include "kernel/printk_ringbuffer.h"

namespace kmortem::kernel {

std::vector<model::LogRecord> read_log(const Target& target) {
  if (target.symbol("prb")) return read_printk_ringbuffer(target);
  if (target.symbol("log_first_idx")) return read_printk_bytes(target);
  if (!target.symbol("log_buf")) return {};  // CONFIG_PRINTK=n
  target.problems.add({"log_buf", 0, "no known log buffer in the kernel's symbols",
                       "the kernel's log is missing, and what is concluded from it"});
  return {};
}

std::string caller_name(uint32_t caller_id) {
  constexpr uint32_t kIsCpu = 0x80000000;
  if ((caller_id & kIsCpu) != 0) return "C" + std::to_string(caller_id & ~kIsCpu);
  return "T" + std::to_string(caller_id);
}

}  // namespace kmortem::kernel
