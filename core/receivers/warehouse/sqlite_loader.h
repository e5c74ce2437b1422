// Loads rows into a SQLite file.

#pragma once

#include <sqlite3.h>
#include <sys/types.h>

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
#include "core/receivers/warehouse/loader.h"

namespace segrid::receivers::warehouse {

// Prepared INSERTs in one transaction, in a file with a write-ahead log that is
// synced at each commit. Readers never block it; another writer does for at
// most the busy time-out.
//
// See Loader for ownership, threads, blocking and errors.
class SqliteLoader final : public Loader {
 public:
  // `file` is below `data_dir` and none of the server's own; it is made with
  // mode 0600, because it holds personal data.
  SqliteLoader(LoaderOptions options, std::string data_dir, std::string file);

  absl::Status Prepare() override;
  const KnownColumns& known_columns() const override { return known_; }
  absl::Status Load(const std::vector<TableRows>& tables) override;
  absl::StatusOr<std::int64_t> DeleteBefore(absl::Time before,
                                            std::int64_t max_rows) override;
  absl::StatusOr<std::vector<std::string>> Check() override;
  void Stop() override {}  // No call waits longer than the busy time-out.

 private:
  using Handle = std::unique_ptr<sqlite3, decltype(&sqlite3_close_v2)>;
  using Statement = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;
  // Declared types by column, whose names are in lower case, because SQLite
  // does not tell cases apart. Empty: there is no such table.
  using Found = std::map<std::string, std::string, std::less<>>;

  struct Inserts {
    std::vector<Column> columns{};
    Statement tracks{nullptr, &sqlite3_finalize};
    Statement event{nullptr, &sqlite3_finalize};
  };

  absl::Status Open(int flags);
  absl::Status Configure();
  // Nullopt: the file holds no layout yet. FAILED_PRECONDITION: a newer one.
  absl::StatusOr<std::optional<std::int64_t>> ReadVersion();
  bool IsStillThere() const;
  void Close();
  absl::Status CreateWhatIsMissing();
  absl::StatusOr<std::vector<std::string>> MissingStatements();
  absl::StatusOr<Found> ReadColumns(const std::string& table);
  absl::Status Adopt();
  absl::Status AdoptTable(const Table& table, KnownColumns& known);
  absl::Status AddColumns(const std::vector<TableRows>& tables);
  absl::Status LoadInTransaction(const std::vector<TableRows>& tables);
  absl::Status InsertRow(const Row& row, Inserts& inserts);
  absl::StatusOr<Inserts*> InsertsFor(const Table& table);
  absl::StatusOr<Statement> PrepareStatement(const std::string& sql);
  absl::Status Run(const std::string& sql);
  absl::Status Step(sqlite3_stmt* statement);
  absl::Status Failed();

  const LoaderOptions options_;
  const std::string data_dir_;
  const std::string file_;
  const std::string path_;  // The file's.
  std::vector<Table> tables_;
  Handle database_{nullptr, &sqlite3_close_v2};
  // Identify the open file: another one of its name is opened anew.
  dev_t device_ = 0;
  ino_t inode_ = 0;
  KnownColumns known_;
  std::vector<std::string> event_tables_;  // The existing ones, by name.
  std::map<std::string, Inserts, std::less<>> inserts_;
};

}  // namespace segrid::receivers::warehouse
