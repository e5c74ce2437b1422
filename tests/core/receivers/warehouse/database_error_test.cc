#include "core/receivers/warehouse/database_error.h"

#include <sqlite3.h>

#include <string>

#include "core/base/error_info.h"
#include "gtest/gtest.h"

namespace segrid::receivers::warehouse {
namespace {

struct StateCase {
  std::string sqlstate;
  std::string_view reason;
};

TEST(ExplainPostgres, SaysWhatAStateAsksFor) {
  const StateCase cases[] = {
      {"", kUnavailableReason},         // Not connected, or lost.
      {"08006", kUnavailableReason},    // connection_failure
      {"57P01", kUnavailableReason},    // admin_shutdown
      {"57P02", kUnavailableReason},    // crash_shutdown
      {"57P03", kUnavailableReason},    // cannot_connect_now
      {"57014", kUnavailableReason},    // query_canceled
      {"40P01", kUnavailableReason},    // deadlock_detected
      {"40001", kUnavailableReason},    // serialization_failure
      {"53100", kUnavailableReason},    // disk_full
      {"53300", kUnavailableReason},    // too_many_connections
      {"25006", kUnavailableReason},    // read_only_sql_transaction
      {"55P03", kUnavailableReason},    // lock_not_available
      {"58030", kUnavailableReason},    // io_error
      {"XX000", kUnavailableReason},    // internal_error
      {"42P01", kUnavailableReason},    // A table is gone: look again.
      {"28P01", kMisconfiguredReason},  // invalid_password
      {"28000", kMisconfiguredReason},  // invalid_authorization
      {"3D000", kMisconfiguredReason},  // no such database
      {"42501", kMisconfiguredReason},  // insufficient_privilege
      {"42804", kMisconfiguredReason},  // datatype_mismatch
      {"42809", kMisconfiguredReason},  // wrong_object_type
      {"42P10", kMisconfiguredReason},  // No unique index on id.
      {"54011", kMisconfiguredReason},  // too_many_columns
      {"22P05", kMisconfiguredReason},  // untranslatable_character
      {"23514", kRefusedReason},        // check_violation
      {"23502", kRefusedReason},        // not_null_violation
      {"22001", kRefusedReason},        // string_data_right_truncation
      {"P0001", kRefusedReason},        // raise_exception
      {"54000", kRefusedReason},        // index row size exceeds the maximum
      {"U0001", kRefusedReason},        // A state that a trigger chose.
      {"45000", kRefusedReason},        // Another one.
      {"54023", kUnavailableReason},    // too_many_arguments
      {"F0000", kUnavailableReason},    // config_file_error
  };
  for (const StateCase& c : cases) {
    const absl::Status status =
        ExplainPostgres({.sqlstate = c.sqlstate, .message = "primary"});
    EXPECT_EQ(base::ReasonOf(status), c.reason) << c.sqlstate;
    EXPECT_NE(status.message().find("primary"), std::string::npos);
    if (c.sqlstate.empty()) continue;
    EXPECT_NE(status.message().find(c.sqlstate), std::string::npos);
  }
}

TEST(ExplainSqlite, SaysWhatACodeAsksFor) {
  const std::pair<int, std::string_view> cases[] = {
      {SQLITE_BUSY, kUnavailableReason},
      {SQLITE_LOCKED, kUnavailableReason},
      {SQLITE_FULL, kUnavailableReason},
      {SQLITE_IOERR_WRITE, kUnavailableReason},
      {SQLITE_NOMEM, kUnavailableReason},
      {SQLITE_READONLY, kMisconfiguredReason},
      {SQLITE_NOTADB, kMisconfiguredReason},
      {SQLITE_CORRUPT, kMisconfiguredReason},
      {SQLITE_CANTOPEN, kMisconfiguredReason},
      {SQLITE_ERROR, kMisconfiguredReason},
      {SQLITE_CONSTRAINT_TRIGGER, kRefusedReason},
      {SQLITE_CONSTRAINT_CHECK, kRefusedReason},
  };
  for (const auto& [code, reason] : cases) {
    EXPECT_EQ(base::ReasonOf(ExplainSqlite(code, "text")), reason) << code;
  }
}

}  // namespace
}  // namespace segrid::receivers::warehouse
