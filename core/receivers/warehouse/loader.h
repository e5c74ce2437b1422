// The contract of a database that takes rows.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/receivers/warehouse/batch_rows.h"
#include "core/receivers/warehouse/layout.h"

namespace segrid::receivers::warehouse {

// Where to, and what the loader may do there.
struct LoaderOptions {
  std::string database{};  // "sqlite:<path>" or a libpq URL without password.
  std::string password{};  // PostgreSQL; empty: libpq's own ways.
  std::string schema{};    // PostgreSQL.
  std::vector<Table> tables{};     // See Tables().
  bool create_tables = true;       // False: changes nothing but rows.
  bool deletes = false;            // Whether DeleteBefore() will be called.
  std::int32_t max_columns = 400;  // In one table.
  absl::Duration connect_timeout = absl::Seconds(5);
  absl::Duration statement_timeout = absl::Seconds(60);
};

// Codes of a failed call; each has a reason and a text that names SQLSTATE (or
// SQLite's code) and the primary message, never values of rows:
// UNAVAILABLE/WAREHOUSE_UNAVAILABLE: again later; whether a transaction that
// was
//   being committed went through is unknown, which is harmless, because rows
//   that are there already are passed over.
// FAILED_PRECONDITION/WAREHOUSE_MISCONFIGURED: somebody has to grant or change
//   what the text names.
// INVALID_ARGUMENT/BAD_MESSAGE: the database refuses a value of the batch.
//
// Ownership:     owns its connection. Calls other than Stop come from one
//                thread.
// Blocking:      every call waits for the database, within the time-outs.
class Loader {
 public:
  virtual ~Loader() = default;

  // Connects, makes or checks schema, tables and indexes. A no-op while the
  // connection is good.
  virtual absl::Status Prepare() = 0;

  // The columns of each table beyond the layout, as of Prepare() or the last
  // Load().
  virtual const KnownColumns& known_columns() const = 0;

  // Writes the rows in one transaction, `tracks` and the events' tables
  // together, adding columns first where the rows have new ones. Rows whose id
  // is in `tracks` already are passed over.
  virtual absl::Status Load(const std::vector<TableRows>& tables) = 0;

  // Deletes at most `max_rows` Tracks that were received before `before` and
  // says how many it did.
  virtual absl::StatusOr<std::int64_t> DeleteBefore(absl::Time before,
                                                    std::int64_t max_rows) = 0;

  // Lists what Prepare() would find missing or wrong, a sentence each; changes
  // nothing. Empty: all is well.
  virtual absl::StatusOr<std::vector<std::string>> Check() = 0;

  // Ends a call that waits, and all later ones, with UNAVAILABLE. Any thread.
  virtual void Stop() = 0;
};

}  // namespace segrid::receivers::warehouse
