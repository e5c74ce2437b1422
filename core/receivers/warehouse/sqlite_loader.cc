#include "core/receivers/warehouse/sqlite_loader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/data_file.h"
#include "core/base/status_macros.h"
#include "core/receivers/warehouse/column_name.h"
#include "core/receivers/warehouse/database_error.h"
#include "core/receivers/warehouse/ddl.h"

namespace segrid::receivers::warehouse {
namespace {

constexpr int kBusyMilliseconds = 5'000;

int Bind(sqlite3_stmt* statement, int index, const Value& value) {
  switch (value.kind) {
    case Value::Kind::kText:
    case Value::Kind::kTime:
      return sqlite3_bind_text(statement, index, value.text.data(),
                               static_cast<int>(value.text.size()),
                               SQLITE_STATIC);
    case Value::Kind::kInteger:
    case Value::Kind::kBoolean:
      return sqlite3_bind_int64(statement, index, value.number);
    case Value::Kind::kNull:
      break;
  }
  return sqlite3_bind_null(statement, index);
}

std::string Insert(std::string_view table, const std::vector<Column>& columns) {
  const std::string names =
      absl::StrJoin(columns, ", ", [](std::string* out, const Column& column) {
        absl::StrAppend(out, Quoted(column.name));
      });
  std::string places = "?";
  for (std::size_t i = 1; i < columns.size(); ++i) places += ", ?";
  return absl::StrCat("INSERT INTO ", Quoted(table), " (", names, ") VALUES (",
                      places, ") ON CONFLICT (id) DO NOTHING");
}

std::string_view ColumnText(sqlite3_stmt* statement, int column) {
  const auto* const text =
      reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
  if (text == nullptr) return {};
  return {text,
          static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
}

ColumnType TypeOf(std::string_view declared) {
  return declared == "INTEGER" ? ColumnType::kInteger : ColumnType::kText;
}

}  // namespace

SqliteLoader::SqliteLoader(LoaderOptions options, std::string data_dir,
                           std::string file)
    : options_(std::move(options)),
      data_dir_(std::move(data_dir)),
      file_(std::move(file)),
      path_((std::filesystem::path(data_dir_) / file_).string()),
      tables_(options_.tables) {}

absl::Status SqliteLoader::Prepare() {
  if (database_ != nullptr && IsStillThere()) return absl::OkStatus();
  Close();
  const absl::Status prepared = [this]() -> absl::Status {
    SEGRID_RETURN_IF_ERROR(Open(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
    SEGRID_RETURN_IF_ERROR(Configure());
    if (options_.create_tables) {
      SEGRID_RETURN_IF_ERROR(CreateWhatIsMissing());
    } else {
      SEGRID_RETURN_IF_ERROR(ReadVersion().status());
    }
    return Adopt();
  }();
  if (!prepared.ok()) Close();
  return prepared;
}

// SQLite would go on writing into a file that somebody removed or replaced.
bool SqliteLoader::IsStillThere() const {
  struct stat found {};
  return ::stat(path_.c_str(), &found) == 0 && found.st_dev == device_ &&
         found.st_ino == inode_;
}

void SqliteLoader::Close() {
  inserts_.clear();
  database_.reset();
}

absl::Status SqliteLoader::Open(int flags) {
  const std::string bad = base::DescribeBadDataFile(data_dir_, file_);
  if (!bad.empty()) {
    return Misconfigured(absl::StrCat("'", path_, "' ", bad));
  }
  if ((flags & SQLITE_OPEN_CREATE) != 0) {
    std::error_code ignored;  // Opening says why, too.
    std::filesystem::create_directories(
        std::filesystem::path(path_).parent_path(), ignored);
    // SQLite would make it with the umask's mode.
    const int made =
        ::open(path_.c_str(),
               O_CREAT | O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
    if (made >= 0) ::close(made);
  }
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(path_.c_str(), &opened,
                                   flags | SQLITE_OPEN_NOMUTEX, nullptr);
  database_.reset(opened);
  if (code != SQLITE_OK) {
    return opened == nullptr ? Unavailable("there is no memory to open a file")
                             : Failed();
  }
  struct stat found {};
  if (::stat(path_.c_str(), &found) == 0) {
    device_ = found.st_dev;
    inode_ = found.st_ino;
  }
  sqlite3_extended_result_codes(opened, 1);
  sqlite3_busy_timeout(opened, kBusyMilliseconds);
  return absl::OkStatus();
}

absl::Status SqliteLoader::Configure() {
  SEGRID_ASSIGN_OR_RETURN(const Statement statement,
                          PrepareStatement("PRAGMA journal_mode = WAL"));
  if (sqlite3_step(statement.get()) != SQLITE_ROW) return Failed();
  const std::string mode(ColumnText(statement.get(), 0));
  if (mode != "wal") {
    return Misconfigured(absl::StrCat(
        "SQLite cannot keep a write-ahead log beside '", path_, "' (mode ",
        mode, "), as on a network's file system; give a path on a local one"));
  }
  return Run("PRAGMA synchronous = FULL");
}

absl::StatusOr<std::optional<std::int64_t>> SqliteLoader::ReadVersion() {
  SEGRID_ASSIGN_OR_RETURN(const Found columns,
                          ReadColumns(std::string(kVersionTable)));
  if (columns.empty()) return std::nullopt;
  SEGRID_ASSIGN_OR_RETURN(const Statement statement,
                          PrepareStatement(absl::StrCat(
                              "SELECT version FROM ", Quoted(kVersionTable))));
  if (sqlite3_step(statement.get()) != SQLITE_ROW) return std::nullopt;
  const std::int64_t version = sqlite3_column_int64(statement.get(), 0);
  if (version <= kLayoutVersion) return version;
  return Misconfigured(absl::StrCat(
      "table ", std::string(kVersionTable), " says layout ", version,
      ", which a newer Segrid made; this one knows ", kLayoutVersion,
      " and changes nothing: upgrade it, or give another file"));
}

absl::StatusOr<std::vector<std::string>> SqliteLoader::MissingStatements() {
  std::vector<std::string> statements;
  const auto add = [&](std::vector<std::string> more) {
    for (std::string& sql : more) statements.push_back(std::move(sql));
  };
  SEGRID_ASSIGN_OR_RETURN(const auto version, ReadVersion());
  for (const Table& table : tables_) {
    SEGRID_ASSIGN_OR_RETURN(const Found found, ReadColumns(table.name));
    if (found.empty()) {
      add(CreateTable(Dialect::kSqlite, "", table));
      continue;
    }
    for (const Column& column : table.columns) {
      if (found.contains(column.name)) continue;
      statements.push_back(AddColumn(Dialect::kSqlite, "", table.name, column));
    }
  }
  if (version.value_or(0) < kLayoutVersion) {
    add(CreateVersionTable(Dialect::kSqlite, ""));
  }
  return statements;
}

absl::Status SqliteLoader::CreateWhatIsMissing() {
  SEGRID_ASSIGN_OR_RETURN(std::vector<std::string> missing,
                          MissingStatements());
  if (missing.empty()) return absl::OkStatus();
  // IMMEDIATE: whoever else makes them is done, or has not begun.
  SEGRID_RETURN_IF_ERROR(Run("BEGIN IMMEDIATE"));
  absl::Status made = [&]() -> absl::Status {
    SEGRID_ASSIGN_OR_RETURN(missing, MissingStatements());
    for (const std::string& sql : missing) {
      SEGRID_RETURN_IF_ERROR(Run(sql));
    }
    return Run("COMMIT");
  }();
  if (!made.ok()) Run("ROLLBACK").IgnoreError();
  return made;
}

absl::StatusOr<SqliteLoader::Found> SqliteLoader::ReadColumns(
    const std::string& table) {
  SEGRID_ASSIGN_OR_RETURN(
      const Statement statement,
      PrepareStatement("SELECT name, type FROM pragma_table_info(?)"));
  sqlite3_bind_text(statement.get(), 1, table.data(),
                    static_cast<int>(table.size()), SQLITE_STATIC);
  Found found;
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(statement.get())) == SQLITE_ROW) {
    found.emplace(
        absl::AsciiStrToLower(std::string(ColumnText(statement.get(), 0))),
        ColumnText(statement.get(), 1));
  }
  if (code != SQLITE_DONE) return Failed();
  return found;
}

absl::Status SqliteLoader::Adopt() {
  KnownColumns known;
  for (const Table& table : tables_) {
    SEGRID_RETURN_IF_ERROR(AdoptTable(table, known));
  }
  known_ = std::move(known);
  event_tables_.clear();
  for (const Table& table : EventTables()) {
    SEGRID_ASSIGN_OR_RETURN(const Found found, ReadColumns(table.name));
    if (!found.empty()) event_tables_.push_back(table.name);
  }
  return absl::OkStatus();
}

absl::Status SqliteLoader::AdoptTable(const Table& table, KnownColumns& known) {
  SEGRID_ASSIGN_OR_RETURN(const Found found, ReadColumns(table.name));
  if (found.empty()) {
    return Misconfigured(
        absl::StrCat("there is no table ", table.name,
                     "; make it as `segrid warehouse ddl` prints it, or set "
                     "create_tables: true"));
  }
  for (const Column& column : table.columns) {
    const auto type = found.find(column.name);
    if (type != found.end() &&
        type->second == TypeName(Dialect::kSqlite, column.type)) {
      continue;
    }
    return Misconfigured(absl::StrCat(
        "column ", table.name, ".", Quoted(column.name),
        type == found.end() ? " is missing"
                            : absl::StrCat(" has the type ", type->second),
        ", where Segrid needs ",
        std::string(TypeName(Dialect::kSqlite, column.type)),
        "; change it, or give another file"));
  }
  for (const auto& [name, type] : found) {
    const bool of_layout =
        std::any_of(table.columns.begin(), table.columns.end(),
                    [&](const Column& column) { return column.name == name; });
    if (!of_layout) {
      known[table.name].push_back({.name = name, .type = TypeOf(type)});
    }
  }
  return absl::OkStatus();
}

absl::Status SqliteLoader::Load(const std::vector<TableRows>& tables) {
  for (const TableRows& rows : tables) {
    if (HasTable(tables_, rows.table.name)) continue;
    // Messages of an event that the source no longer selects.
    tables_.push_back(LayoutOf(rows.table));
    Close();
  }
  SEGRID_RETURN_IF_ERROR(Prepare());
  SEGRID_RETURN_IF_ERROR(Run("BEGIN IMMEDIATE"));
  absl::Status loaded = AddColumns(tables);
  if (loaded.ok()) loaded = LoadInTransaction(tables);
  if (loaded.ok()) loaded = Run("COMMIT");
  if (loaded.ok()) return loaded;
  // The columns that were added are gone again, the file may have been
  // replaced, or its tables changed: look again.
  Run("ROLLBACK").IgnoreError();
  Close();
  return loaded;
}

absl::Status SqliteLoader::AddColumns(const std::vector<TableRows>& tables) {
  for (const TableRows& rows : tables) {
    for (const Column& column : NewColumns(rows.table, known_)) {
      SEGRID_RETURN_IF_ERROR(
          Run(AddColumn(Dialect::kSqlite, "", rows.table.name, column)));
      known_[rows.table.name].push_back(column);
    }
  }
  return absl::OkStatus();
}

absl::Status SqliteLoader::LoadInTransaction(
    const std::vector<TableRows>& tables) {
  for (const TableRows& rows : tables) {
    SEGRID_ASSIGN_OR_RETURN(Inserts* const inserts, InsertsFor(rows.table));
    for (const Row& row : rows.rows) {
      SEGRID_RETURN_IF_ERROR(InsertRow(row, *inserts));
    }
  }
  return absl::OkStatus();
}

absl::Status SqliteLoader::InsertRow(const Row& row, Inserts& inserts) {
  const std::size_t common = CommonColumns().size();
  for (std::size_t i = 0; i < common; ++i) {
    if (Bind(inserts.tracks.get(), static_cast<int>(i) + 1, row.values[i]) !=
        SQLITE_OK) {
      return Failed();
    }
  }
  SEGRID_RETURN_IF_ERROR(Step(inserts.tracks.get()));
  // `tracks` decides what is new, so that the two tables always agree.
  if (sqlite3_changes(database_.get()) == 0) return absl::OkStatus();
  for (std::size_t i = 0; i < inserts.columns.size(); ++i) {
    const Value value = i < row.values.size() ? row.values[i] : Value();
    if (Bind(inserts.event.get(), static_cast<int>(i) + 1, value) !=
        SQLITE_OK) {
      return Failed();
    }
  }
  return Step(inserts.event.get());
}

absl::StatusOr<SqliteLoader::Inserts*> SqliteLoader::InsertsFor(
    const Table& table) {
  Inserts& inserts = inserts_[table.name];
  if (inserts.tracks != nullptr && inserts.columns == table.columns) {
    return &inserts;
  }
  SEGRID_ASSIGN_OR_RETURN(
      inserts.tracks, PrepareStatement(Insert(kTracksTable, CommonColumns())));
  SEGRID_ASSIGN_OR_RETURN(inserts.event,
                          PrepareStatement(Insert(table.name, table.columns)));
  inserts.columns = table.columns;
  return &inserts;
}

absl::StatusOr<std::int64_t> SqliteLoader::DeleteBefore(absl::Time before,
                                                        std::int64_t max_rows) {
  SEGRID_RETURN_IF_ERROR(Prepare());
  SEGRID_RETURN_IF_ERROR(Run("BEGIN IMMEDIATE"));
  std::int64_t deleted = 0;
  const absl::Status done = [&]() -> absl::Status {
    SEGRID_RETURN_IF_ERROR(
        Run("CREATE TEMP TABLE IF NOT EXISTS segrid_old (id TEXT PRIMARY "
            "KEY)"));
    SEGRID_RETURN_IF_ERROR(Run("DELETE FROM temp.segrid_old"));
    SEGRID_RETURN_IF_ERROR(Run(absl::StrCat(
        "INSERT INTO temp.segrid_old SELECT id FROM tracks WHERE received_at "
        "< '",
        absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", before, absl::UTCTimeZone()),
        "' ORDER BY received_at LIMIT ", max_rows)));
    const auto remove = [this](const std::string& table) {
      return Run(absl::StrCat("DELETE FROM ", Quoted(table),
                              " WHERE id IN (SELECT id FROM temp.segrid_old)"));
    };
    for (const std::string& table : event_tables_) {
      SEGRID_RETURN_IF_ERROR(remove(table));
    }
    SEGRID_RETURN_IF_ERROR(remove(std::string(kTracksTable)));
    deleted = sqlite3_changes(database_.get());
    return Run("COMMIT");
  }();
  if (done.ok()) return deleted;
  Run("ROLLBACK").IgnoreError();
  return done;
}

absl::StatusOr<std::vector<std::string>> SqliteLoader::Check() {
  std::vector<std::string> problems;
  const std::string folder =
      std::filesystem::path(path_).parent_path().string();
  const bool exists = ::access(path_.c_str(), F_OK) == 0;
  if (!exists && base::DescribeBadDataFile(data_dir_, file_).empty()) {
    const bool may_make = ::access(folder.c_str(), W_OK | X_OK) == 0 ||
                          ::access(folder.c_str(), F_OK) != 0;
    problems.push_back(
        absl::StrCat("there is no file '", path_,
                     options_.create_tables ? "'; the server makes it" : "'"));
    if (!may_make) {
      problems.push_back(absl::StrCat("no permission to write to the folder '",
                                      folder, "'; SQLite makes files there"));
    }
    return problems;
  }
  absl::Status looked = [&]() -> absl::Status {
    SEGRID_RETURN_IF_ERROR(Open(SQLITE_OPEN_READONLY));
    for (const std::string& place : {path_, folder}) {
      if (::access(place.c_str(), W_OK) == 0) continue;
      problems.push_back(absl::StrCat("no permission to write to '", place,
                                      "'; let this user write there"));
    }
    SEGRID_ASSIGN_OR_RETURN(const std::vector<std::string> missing,
                            MissingStatements());
    for (const std::string& sql : missing) {
      problems.push_back(absl::StrCat("missing: ", sql));
    }
    return missing.empty() ? Adopt() : absl::OkStatus();
  }();
  Close();
  if (looked.code() == absl::StatusCode::kFailedPrecondition) {
    problems.emplace_back(looked.message());
    return problems;
  }
  if (!looked.ok()) return looked;
  return problems;
}

absl::StatusOr<SqliteLoader::Statement> SqliteLoader::PrepareStatement(
    const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  const int code =
      sqlite3_prepare_v2(database_.get(), sql.data(),
                         static_cast<int>(sql.size()), &statement, nullptr);
  Statement prepared(statement, &sqlite3_finalize);
  if (code != SQLITE_OK) return Failed();
  return prepared;
}

absl::Status SqliteLoader::Run(const std::string& sql) {
  const int code =
      sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : Failed();
}

absl::Status SqliteLoader::Step(sqlite3_stmt* statement) {
  const int code = sqlite3_step(statement);
  const absl::Status status = code == SQLITE_DONE ? absl::OkStatus() : Failed();
  sqlite3_reset(statement);
  return status;
}

absl::Status SqliteLoader::Failed() {
  return ExplainSqlite(sqlite3_extended_errcode(database_.get()),
                       sqlite3_errmsg(database_.get()));
}

}  // namespace segrid::receivers::warehouse
