// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// KMORTEM_SANITIZED is 1 in builds with AddressSanitizer, whose leak check looks at the process's
/// own threads as a debugger does.
#if defined(__SANITIZE_ADDRESS__)
#define KMORTEM_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KMORTEM_SANITIZED 1
#endif
#endif
#ifndef KMORTEM_SANITIZED
#define KMORTEM_SANITIZED 0
#endif
