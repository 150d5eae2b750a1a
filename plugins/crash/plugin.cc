// SPDX-License-Identifier: GPL-3.0-or-later
// The border: whatever happens behind it becomes an answer or a line that says what happened.
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "answers.h"
#include "crash_interface.h"
#include "crash_memory.h"
#include "session.h"

namespace kmortem::crash {

namespace {

/// All that is kept from one command to the next; goes when the plug-in is unloaded.
struct Plugin {
  std::unique_ptr<Session> session;
  std::string text;
  bool inside = false;  ///< a command is running, or was left by a jump out of a signal
  bool cache_saved = false;
  Session* abandoned = nullptr;  ///< never destroyed

  ~Plugin() { abandon_what_was_jumped_out_of(); }

  /// What a command left behind when crash jumped out of it (a segmentation fault is survived that
  /// way) is in no state to be used or destroyed.
  void abandon_what_was_jumped_out_of() {
    if (inside) abandoned = session.release();
  }
};

Plugin& plugin() {
  static Plugin the_plugin;
  return the_plugin;
}

void save_cache(Plugin& plugin) {
  if (plugin.cache_saved) return;
  plugin.cache_saved = true;
  // The next session is slower without it, and that is all.
  [[maybe_unused]] const auto saved = plugin.session->opened().debuginfo->save_cache();
}

enum kmortem_outcome run(Plugin& plugin, const kmortem_session& session,
                         const kmortem_request& request) {
  try {
    if (!plugin.session) plugin.session = std::make_unique<Session>();
    auto answered = answer(*plugin.session, session, request);
    if (!answered) {
      plugin.text = answered.error().message;
      return KMORTEM_FAILED;
    }
    plugin.text = std::move(*answered);
    save_cache(plugin);
    return KMORTEM_ANSWERED;
  } catch (const Interrupted&) {
    return KMORTEM_INTERRUPTED;
  } catch (const std::bad_alloc&) {
    plugin.text = "out of memory";
  } catch (const std::exception& error) {
    plugin.text = error.what();
  } catch (...) {
    plugin.text = "an unknown exception";
  }
  return KMORTEM_FAILED;
}

}  // namespace

}  // namespace kmortem::crash

extern "C" enum kmortem_outcome kmortem_run(const struct kmortem_session* session,
                                            const struct kmortem_request* request,
                                            struct kmortem_answer* answer) {
  kmortem::crash::Plugin& plugin = kmortem::crash::plugin();
  plugin.abandon_what_was_jumped_out_of();
  plugin.inside = true;
  plugin.text.clear();
  const enum kmortem_outcome outcome = kmortem::crash::run(plugin, *session, *request);
  plugin.inside = false;
  *answer = {plugin.text.c_str(), plugin.text.size()};
  return outcome;
}
