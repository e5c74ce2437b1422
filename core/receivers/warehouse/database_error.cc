#include "core/receivers/warehouse/database_error.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "core/base/error_info.h"

namespace segrid::receivers::warehouse {
namespace {

enum class Kind : std::uint8_t { kUnavailable, kMisconfigured, kRefused };

struct StateRow {
  std::string_view prefix;  // The SQLSTATE's class, or all of it.
  Kind kind;
  std::string_view advice;
};

// The first row that fits counts. Source of the states: PostgreSQL's manual,
// appendix A. A state of no class of it is one that a trigger chose.
// clang-format off
constexpr auto kStates = std::to_array<StateRow>({
    {"28",    Kind::kMisconfigured, "check user and password of the source's database"},
    {"3D000", Kind::kMisconfigured, "create the database, or correct its name"},
    {"42501", Kind::kMisconfigured, "grant what `segrid warehouse check` names"},
    {"42P01", Kind::kUnavailable,   ""},  // Somebody dropped a table: look again.
    {"42703", Kind::kUnavailable,   ""},  // Or a column,
    {"3F000", Kind::kUnavailable,   ""},  // or the schema.
    {"42",    Kind::kMisconfigured, "`segrid warehouse check` says what is missing"},
    {"0A",    Kind::kMisconfigured, "the object does not allow it"},
    {"22P05", Kind::kMisconfigured, "the database's encoding must be UTF8"},
    {"54011", Kind::kMisconfigured, "lower max_columns, or drop columns"},
    {"54000", Kind::kRefused,       ""},  // Too long for an index of the user's own.
    {"40002", Kind::kRefused,       ""},  // A deferred check.
    {"57014", Kind::kUnavailable,   ""},  // statement_timeout
    {"00",    Kind::kUnavailable,   ""},
    {"08",    Kind::kUnavailable,   ""},  // The connection.
    {"0B",    Kind::kUnavailable,   ""},  // Transactions: 0B, 25, 2D, 3B, 40.
    {"25",    Kind::kUnavailable,   ""},  // A standby, or read-only for now, too.
    {"2D",    Kind::kUnavailable,   ""},
    {"3B",    Kind::kUnavailable,   ""},
    {"40",    Kind::kUnavailable,   ""},  // Deadlock, serialization failure.
    {"53",    Kind::kUnavailable,   ""},  // Disk full, no memory, too many connections.
    {"54",    Kind::kUnavailable,   ""},
    {"55",    Kind::kUnavailable,   ""},  // A lock.
    {"57",    Kind::kUnavailable,   ""},  // The operator: shutdown, restart.
    {"58",    Kind::kUnavailable,   ""},  // The system.
    {"72",    Kind::kUnavailable,   ""},
    {"F0",    Kind::kUnavailable,   ""},
    {"XX",    Kind::kUnavailable,   ""},
    {"",      Kind::kRefused,       ""},
});
// clang-format on

absl::Status Make(Kind kind, std::string_view text) {
  switch (kind) {
    case Kind::kMisconfigured:
      return Misconfigured(text);
    case Kind::kRefused:
      return Refused(text);
    case Kind::kUnavailable:
      break;
  }
  return Unavailable(text);
}

Kind KindOfSqlite(int code) {
  switch (code & 0xFF) {
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
      return Kind::kRefused;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
    case SQLITE_ERROR:  // An SQL error: a table of another form.
    case SQLITE_CANTOPEN:
      return Kind::kMisconfigured;
    default:  // Busy, locked, full, an I/O error, no memory.
      return Kind::kUnavailable;
  }
}

}  // namespace

absl::Status Unavailable(std::string_view text) {
  return base::MakeError(absl::StatusCode::kUnavailable, kUnavailableReason,
                         text);
}

absl::Status Misconfigured(std::string_view text) {
  return base::MakeError(absl::StatusCode::kFailedPrecondition,
                         kMisconfiguredReason, text);
}

absl::Status Refused(std::string_view text) {
  return base::MakeError(absl::StatusCode::kInvalidArgument, kRefusedReason,
                         text);
}

absl::Status ExplainPostgres(const postgres::Failure& failure) {
  if (failure.sqlstate.empty()) return Unavailable(failure.message);
  const auto row =
      std::find_if(kStates.begin(), kStates.end(), [&](const StateRow& state) {
        return failure.sqlstate.starts_with(state.prefix);
      });
  std::string text =
      absl::StrCat("SQLSTATE ", failure.sqlstate, ": ", failure.message);
  if (!failure.object.empty())
    absl::StrAppend(&text, " (", failure.object, ")");
  if (!row->advice.empty()) {
    absl::StrAppend(&text, "; ", std::string(row->advice));
  }
  return Make(row->kind, text);
}

bool NeedsPrepare(std::string_view sqlstate) {
  return sqlstate == "42P01" || sqlstate == "42703" || sqlstate == "3F000";
}

absl::Status ExplainSqlite(int code, std::string_view message) {
  return Make(
      KindOfSqlite(code),
      absl::StrCat("SQLite ", code, " (", std::string(sqlite3_errstr(code)),
                   "): ", std::string(message)));
}

}  // namespace segrid::receivers::warehouse
