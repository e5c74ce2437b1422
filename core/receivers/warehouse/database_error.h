// Decides what a database's error asks for. Source: docs/warehouse.md, the
// table of errors.

#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "core/postgres/connection.h"

namespace segrid::receivers::warehouse {

// Reasons of the three kinds of errors; see Loader.
inline constexpr std::string_view kUnavailableReason = "WAREHOUSE_UNAVAILABLE";
inline constexpr std::string_view kMisconfiguredReason =
    "WAREHOUSE_MISCONFIGURED";
inline constexpr std::string_view kRefusedReason = "BAD_MESSAGE";

absl::Status Unavailable(std::string_view text);
absl::Status Misconfigured(std::string_view text);
absl::Status Refused(std::string_view text);

// The kind of a failure of PostgreSQL's, by its SQLSTATE.
absl::Status ExplainPostgres(const postgres::Failure& failure);

// True for the states that say that a table or column which was there is gone:
// then Prepare() has to look again.
bool NeedsPrepare(std::string_view sqlstate);

// The kind of a failure of SQLite's, by its extended result code. `message` is
// sqlite3_errmsg(), which names tables and columns, never values.
absl::Status ExplainSqlite(int code, std::string_view message);

}  // namespace segrid::receivers::warehouse
