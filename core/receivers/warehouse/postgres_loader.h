// Loads rows into PostgreSQL.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/postgres/connection.h"
#include "core/receivers/warehouse/loader.h"

namespace segrid::receivers::warehouse {

// A COPY (binary) into `tracks`, then one into each event's table. Where an id
// is there already, which is rare, the batch goes into temporary tables first;
// then `tracks` passes over the ids that it has, and the event's table gets the
// rows of those that were new. So the two always agree.
//
// See Loader for ownership, threads, blocking and errors.
class PostgresLoader final : public Loader {
 public:
  explicit PostgresLoader(LoaderOptions options);

  absl::Status Prepare() override;
  const KnownColumns& known_columns() const override { return known_; }
  absl::Status Load(const std::vector<TableRows>& tables) override;
  absl::StatusOr<std::int64_t> DeleteBefore(absl::Time before,
                                            std::int64_t max_rows) override;
  absl::StatusOr<std::vector<std::string>> Check() override;
  void Stop() override { stop_.Set(); }

 private:
  // A table as the database has it.
  struct Found {
    char kind = 0;          // pg_class.relkind
    bool is_owned = false;  // The role may add columns.
    std::map<std::string, std::string, std::less<>> types{};  // By column.
  };
  using FoundTables = std::map<std::string, Found, std::less<>>;

  absl::Status Connect();
  absl::Status CheckServer();
  // Nullopt: the schema holds no layout yet. FAILED_PRECONDITION: a newer one.
  absl::StatusOr<std::optional<std::int64_t>> ReadVersion();
  absl::StatusOr<bool> SchemaExists();
  // Those of the schema, or of these names alone.
  absl::StatusOr<FoundTables> ReadTables(
      const std::vector<std::string>& names = {});
  // The statements that bring the database to the layout; only reads it.
  absl::StatusOr<std::vector<std::string>> MissingStatements();
  absl::Status CreateWhatIsMissing();
  absl::Status AddColumns(const std::vector<TableRows>& tables);
  // Sets known_; FAILED_PRECONDITION when something has another kind or type.
  absl::Status Adopt(const FoundTables& found);
  // FAILED_PRECONDITION: a column that was written is of another type by now.
  absl::Status CheckWritten(const std::vector<TableRows>& tables);
  // FAILED_PRECONDITION: it is no table, or a column is missing or of another
  // type.
  absl::Status CheckTable(const Table& table, const Found& found) const;
  // Each in one transaction. The first fails when an id is there already.
  absl::Status LoadNew(const std::vector<TableRows>& tables);
  absl::Status LoadMissing(const std::vector<TableRows>& tables);
  absl::StatusOr<std::int64_t> InsertMissing(const TableRows& rows);
  absl::Status MakeTemporaryTable(const Table& table);
  absl::Status Transact(const std::vector<std::string>& statements);
  // Says what the failure means, after undoing what was begun.
  absl::Status Explain(absl::Status status);

  absl::StatusOr<std::vector<std::string>> MissingGrants();

  const LoaderOptions options_;
  std::vector<Table> tables_;  // Those of the options, and what rows needed.
  postgres::StopSignal stop_;
  std::unique_ptr<postgres::Connection> connection_;  // Null: not prepared.
  KnownColumns known_;
  std::vector<std::string> event_tables_;  // The existing ones, by name.
  // The last batch held nothing that was there already.
  bool expects_new_ = true;
  // The columns of the temporary tables of this connection.
  std::map<std::string, std::vector<Column>, std::less<>> temporary_;
};

}  // namespace segrid::receivers::warehouse
