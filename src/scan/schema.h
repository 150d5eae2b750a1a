// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace kmortem::scan {

/// PRAGMA user_version and application_id ("kmor") of a scan's database.
inline constexpr int kSchemaVersion = 1;
inline constexpr int kApplicationId = 0x6b6d6f72;

/// Makes the tables and views where they are not there; the text of docs/schema/scan-1.sql.
extern const char* const kSchema;

}  // namespace kmortem::scan
