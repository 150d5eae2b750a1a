// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/task_waits.h"

namespace kmortem::locks {

namespace {

constexpr std::string_view kMembers[] = {"task_struct.blocked_on", "task_struct.pi_blocked_on",
                                         "task_struct.blocker", "task_struct.thread.sp",
                                         "task_struct.se.exec_start"};

}  // namespace

std::span<const std::string_view> TaskWaitReader::members() {
  return kMembers;
}

TaskWaitReader::TaskWaitReader(const debuginfo::TypeTable& types)
    : blocked_on_(types.field(kMembers[0])),
      pi_blocked_on_(types.field(kMembers[1])),
      blocker_(types.field(kMembers[2])),
      sp_(types.field(kMembers[3])),
      exec_start_(types.field(kMembers[4])) {
  if (!blocked_on_) return;
  const debuginfo::Type& pointer = types.at(blocked_on_->type);
  blocked_on_mutex_ = types.at(types.resolve(pointer.target)).name == "mutex";
}

void TaskWaitReader::visit(const kernel::Record& bytes, const model::Task& task) {
  TaskWait wait;
  wait.task = task.address;
  wait.blocked_on = bytes.get_or(blocked_on_, 0);
  wait.pi_blocked_on = bytes.get_or(pi_blocked_on_, 0);
  wait.blocker = bytes.get_or(blocker_, 0);
  wait.sp = bytes.get_or(sp_, 0);
  wait.last_ran = bytes.get_or(exec_start_, 0);
  all_.push_back(wait);
}

}  // namespace kmortem::locks
