#include "core/receivers/warehouse/postgres_loader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/error_info.h"
#include "core/base/status_macros.h"
#include "core/receivers/warehouse/column_name.h"
#include "core/receivers/warehouse/copy_format.h"
#include "core/receivers/warehouse/database_error.h"
#include "core/receivers/warehouse/ddl.h"

namespace segrid::receivers::warehouse {
namespace {

// A DDL statement waits so long for readers; then it is tried again later, so
// that it does not stand in the way of the queries behind it.
constexpr char kLockTimeout[] = "SET LOCAL lock_timeout = '5s'";

// The first version without system columns named oid.
constexpr int kOldestServer = 120'000;

std::string TemporaryName(const Table& table) {
  return Quoted(
      absl::StrCat("segrid_load_", table.name).substr(0, kMaxNameBytes));
}

std::string ColumnList(const std::vector<Column>& columns,
                       const char* prefix = "") {
  return absl::StrJoin(columns, ", ", [&](std::string* out, const Column& c) {
    absl::StrAppend(out, prefix, Quoted(c.name));
  });
}

std::string Literal(std::string_view text) {
  std::string literal = "'";
  for (const char c : text) literal.append(c == '\'' ? 2 : 1, c);
  return literal + "'";
}

// Loaders that change the same schema wait for each other here: concurrent
// CREATE … IF NOT EXISTS fail on PostgreSQL's own catalog.
std::string LockSchema(const std::string& schema) {
  return absl::StrCat(
      "SELECT pg_advisory_xact_lock(hashtext('segrid warehouse'), hashtext(",
      Literal(schema), "))");
}

ColumnType TypeOf(std::string_view name) {
  if (name == "bigint") return ColumnType::kInteger;
  if (name == "boolean") return ColumnType::kBoolean;
  if (name == "timestamp with time zone") return ColumnType::kTime;
  return ColumnType::kText;
}

bool Fits(std::string_view name, ColumnType type) {
  if (type == ColumnType::kText && name == "character varying") return true;
  return name == TypeName(Dialect::kPostgres, type);
}

const char* KindName(char kind) {
  switch (kind) {
    case 'v':
      return "a view";
    case 'm':
      return "a materialized view";
    case 'f':
      return "a foreign table";
    case 'S':
      return "a sequence";
    default:
      return "no table";
  }
}

// Whether the careful way may fare otherwise, or say better what is wrong: for
// an id that is there already, a column that is of another type by now, a view,
// row-level security. A protocol violation is data that is too short for a
// type.
bool NeedsInserts(const absl::Status& status) {
  const auto failure = postgres::FailureOf(status);
  return failure && !failure->connection_lost &&
         (failure->sqlstate == "08P01" ||
          base::ReasonOf(ExplainPostgres(*failure)) != kUnavailableReason);
}

std::string CopyInto(const std::string& table,
                     const std::vector<Column>& columns) {
  return absl::StrCat("COPY ", table, " (", ColumnList(columns),
                      ") FROM STDIN (FORMAT binary)");
}

bool IsTable(char kind) { return kind == 'r' || kind == 'p'; }

}  // namespace

PostgresLoader::PostgresLoader(LoaderOptions options)
    : options_(std::move(options)), tables_(options_.tables) {}

absl::Status PostgresLoader::Prepare() {
  if (connection_ != nullptr && connection_->good()) return absl::OkStatus();
  const absl::Status prepared = [this] {
    SEGRID_RETURN_IF_ERROR(Connect());
    SEGRID_RETURN_IF_ERROR(CheckServer());
    if (options_.create_tables) {
      SEGRID_RETURN_IF_ERROR(CreateWhatIsMissing());
    } else {
      SEGRID_RETURN_IF_ERROR(ReadVersion().status());
    }
    SEGRID_ASSIGN_OR_RETURN(const FoundTables found, ReadTables());
    return Adopt(found);
  }();
  if (prepared.ok()) return prepared;
  const absl::Status explained = Explain(prepared);
  connection_.reset();
  return explained;
}

absl::Status PostgresLoader::Connect() {
  temporary_.clear();
  SEGRID_ASSIGN_OR_RETURN(connection_,
                          postgres::Connection::Open(
                              {.url = options_.database,
                               .password = options_.password,
                               .application_name = "segrid warehouse",
                               .connect_timeout = options_.connect_timeout,
                               .statement_timeout = options_.statement_timeout},
                              stop_));
  return absl::OkStatus();
}

absl::Status PostgresLoader::CheckServer() {
  const int version = connection_->server_version();
  if (version < kOldestServer) {
    return Misconfigured(absl::StrCat(
        "the server is PostgreSQL ", version / 10'000,
        ", and Segrid needs 12 or newer; upgrade it, or give another one"));
  }
  SEGRID_ASSIGN_OR_RETURN(const postgres::Result encoding,
                          connection_->Run("SHOW server_encoding"));
  if (encoding.Get(0, 0) == "UTF8") return absl::OkStatus();
  return Misconfigured(absl::StrCat(
      "the database's encoding is ", std::string(encoding.Get(0, 0)),
      ", which cannot hold every character; create one with ENCODING 'UTF8'"));
}

absl::StatusOr<std::optional<std::int64_t>> PostgresLoader::ReadVersion() {
  const std::string name = TableName(options_.schema, kVersionTable);
  SEGRID_ASSIGN_OR_RETURN(const postgres::Result there,
                          connection_->Run(absl::StrCat("SELECT to_regclass(",
                                                        Literal(name), ")")));
  if (there.IsNull(0, 0)) return std::nullopt;
  SEGRID_ASSIGN_OR_RETURN(
      const postgres::Result row,
      connection_->Run(absl::StrCat("SELECT version FROM ", name)));
  std::int64_t version = 0;
  if (row.rows() == 0) return std::nullopt;
  if (!absl::SimpleAtoi(std::string(row.Get(0, 0)), &version)) {
    return Misconfigured(absl::StrCat(name, " holds no version of a layout; ",
                                      "give another schema"));
  }
  if (version <= kLayoutVersion) return version;
  return Misconfigured(absl::StrCat(
      name, " says layout ", version,
      ", which a newer Segrid made; this one knows ", kLayoutVersion,
      " and changes nothing: upgrade it, or give another schema"));
}

absl::StatusOr<bool> PostgresLoader::SchemaExists() {
  SEGRID_ASSIGN_OR_RETURN(
      const postgres::Result found,
      connection_->Run("SELECT 1 FROM pg_namespace WHERE nspname = $1",
                       {options_.schema}));
  return found.rows() > 0;
}

absl::StatusOr<PostgresLoader::FoundTables> PostgresLoader::ReadTables(
    const std::vector<std::string>& names) {
  SEGRID_ASSIGN_OR_RETURN(
      const postgres::Result rows,
      connection_->Run(
          "SELECT c.relname, c.relkind, a.attname, "
          "format_type(a.atttypid, NULL), "
          "pg_has_role(c.relowner, 'USAGE') FROM pg_class c "
          "JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = $1 "
          "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 "
          "AND NOT a.attisdropped WHERE c.relkind IN "
          "('r','p','v','m','f','S') AND ($2 = '{}' OR c.relname = "
          "ANY($2::name[])) ORDER BY c.relname, a.attnum",
          {options_.schema,
           absl::StrCat("{", absl::StrJoin(names, ","), "}")}));
  FoundTables found;
  for (int i = 0; i < rows.rows(); ++i) {
    Found& table = found[std::string(rows.Get(i, 0))];
    table.kind = rows.Get(i, 1)[0];
    table.is_owned = rows.Get(i, 4) == "t";
    table.types.emplace(rows.Get(i, 2), rows.Get(i, 3));
  }
  return found;
}

absl::StatusOr<std::vector<std::string>> PostgresLoader::MissingStatements() {
  SEGRID_ASSIGN_OR_RETURN(const bool has_schema, SchemaExists());
  SEGRID_ASSIGN_OR_RETURN(const FoundTables found, ReadTables());
  SEGRID_ASSIGN_OR_RETURN(const auto version, ReadVersion());
  std::vector<std::string> statements;
  const auto add = [&](std::vector<std::string> more) {
    for (std::string& sql : more) statements.push_back(std::move(sql));
  };
  if (!has_schema) {
    statements.push_back(
        absl::StrCat("CREATE SCHEMA ", Quoted(options_.schema)));
  }
  for (const Table& table : tables_) {
    const auto there = found.find(table.name);
    if (there == found.end()) {
      add(CreateTable(Dialect::kPostgres, options_.schema, table));
      continue;
    }
    if (!IsTable(there->second.kind)) continue;  // Adopt() says so.
    for (const Column& column : table.columns) {
      if (there->second.types.contains(column.name)) continue;
      statements.push_back(
          AddColumn(Dialect::kPostgres, options_.schema, table.name, column));
    }
  }
  if (version.value_or(0) < kLayoutVersion) {
    add(CreateVersionTable(Dialect::kPostgres, options_.schema));
  }
  return statements;
}

absl::Status PostgresLoader::CreateWhatIsMissing() {
  // Without the lock first, because mostly nothing is missing.
  SEGRID_ASSIGN_OR_RETURN(std::vector<std::string> missing,
                          MissingStatements());
  if (missing.empty()) return absl::OkStatus();
  SEGRID_RETURN_IF_ERROR(
      Transact({"BEGIN", kLockTimeout, LockSchema(options_.schema)}));
  SEGRID_ASSIGN_OR_RETURN(missing, MissingStatements());
  missing.push_back("COMMIT");
  return Transact(missing);
}

absl::Status PostgresLoader::Transact(
    const std::vector<std::string>& statements) {
  return connection_->Run(absl::StrJoin(statements, ";\n")).status();
}

absl::Status PostgresLoader::Adopt(const FoundTables& found) {
  KnownColumns known;
  for (const Table& table : tables_) {
    const std::string name = TableName(options_.schema, table.name);
    const auto there = found.find(table.name);
    if (there == found.end()) {
      return Misconfigured(
          absl::StrCat("there is no table ", name,
                       "; make it as `segrid warehouse ddl` prints it, or set "
                       "create_tables: true"));
    }
    SEGRID_RETURN_IF_ERROR(CheckTable(table, there->second));
    for (const auto& [column, type] : there->second.types) {
      const Column more = {.name = column, .type = TypeOf(type)};
      const bool of_layout =
          std::any_of(table.columns.begin(), table.columns.end(),
                      [&](const Column& c) { return c.name == more.name; });
      if (!of_layout && Fits(type, more.type))
        known[table.name].push_back(more);
    }
  }
  known_ = std::move(known);
  event_tables_.clear();
  for (const Table& table : EventTables()) {
    const auto there = found.find(table.name);
    if (there != found.end() && IsTable(there->second.kind)) {
      event_tables_.push_back(table.name);
    }
  }
  return absl::OkStatus();
}

absl::Status PostgresLoader::CheckTable(const Table& table,
                                        const Found& found) const {
  const std::string name = TableName(options_.schema, table.name);
  if (!IsTable(found.kind)) {
    return Misconfigured(
        absl::StrCat(name, " is ", KindName(found.kind),
                     ", where Segrid needs a table; give another schema"));
  }
  for (const Column& column : table.columns) {
    const auto type = found.types.find(column.name);
    if (type == found.types.end()) {
      return Misconfigured(absl::StrCat("table ", name, " has no column ",
                                        Quoted(column.name),
                                        "; add it, or give another schema"));
    }
    if (Fits(type->second, column.type)) continue;
    return Misconfigured(
        absl::StrCat("column ", name, ".", Quoted(column.name),
                     " has the type ", type->second, ", where Segrid needs ",
                     std::string(TypeName(Dialect::kPostgres, column.type)),
                     "; change it, or give another schema"));
  }
  return absl::OkStatus();
}

absl::Status PostgresLoader::Load(const std::vector<TableRows>& tables) {
  for (const TableRows& rows : tables) {
    if (HasTable(tables_, rows.table.name)) continue;
    // Messages of an event that the source no longer selects.
    tables_.push_back(LayoutOf(rows.table));
    connection_.reset();
  }
  SEGRID_RETURN_IF_ERROR(Prepare());
  absl::Status loaded = AddColumns(tables);
  if (loaded.ok() && expects_new_) {
    loaded = LoadNew(tables);
    if (NeedsInserts(loaded)) {
      loaded = connection_->Run("ROLLBACK").status();
      expects_new_ = false;
    }
  }
  if (loaded.ok() && !expects_new_) loaded = LoadMissing(tables);
  return loaded.ok() ? loaded : Explain(loaded);
}

absl::Status PostgresLoader::AddColumns(const std::vector<TableRows>& tables) {
  std::vector<std::string> statements;
  for (const TableRows& rows : tables) {
    for (const Column& column : NewColumns(rows.table, known_)) {
      statements.push_back(AddColumn(Dialect::kPostgres, options_.schema,
                                     rows.table.name, column));
    }
  }
  if (statements.empty()) return absl::OkStatus();
  statements.insert(statements.begin(),
                    {"BEGIN", kLockTimeout, LockSchema(options_.schema)});
  statements.push_back("COMMIT");
  SEGRID_RETURN_IF_ERROR(Transact(statements));
  SEGRID_ASSIGN_OR_RETURN(const FoundTables found, ReadTables());
  SEGRID_RETURN_IF_ERROR(Adopt(found));
  // Another loader may have given a column of the name another type.
  for (const TableRows& rows : tables) {
    const auto there = found.find(rows.table.name);
    if (there == found.end()) continue;
    SEGRID_RETURN_IF_ERROR(CheckTable(rows.table, there->second));
  }
  return absl::OkStatus();
}

absl::Status PostgresLoader::MakeTemporaryTable(const Table& table) {
  const auto made = temporary_.find(table.name);
  if (made != temporary_.end() && made->second == table.columns) {
    return absl::OkStatus();
  }
  const std::string name = TemporaryName(table);
  const std::string columns = absl::StrJoin(
      table.columns, ", ", [](std::string* out, const Column& column) {
        absl::StrAppend(out, Quoted(column.name), " ",
                        std::string(TypeName(Dialect::kPostgres, column.type)));
      });
  SEGRID_RETURN_IF_ERROR(
      Transact({absl::StrCat("DROP TABLE IF EXISTS pg_temp.", name),
                absl::StrCat("CREATE TEMPORARY TABLE ", name, " (", columns,
                             ") ON COMMIT DELETE ROWS")}));
  temporary_[table.name] = table.columns;
  return absl::OkStatus();
}

absl::Status PostgresLoader::LoadNew(const std::vector<TableRows>& tables) {
  SEGRID_RETURN_IF_ERROR(Transact({"BEGIN"}));
  std::string copy;
  WriteCopy(tables, CommonColumns().size(), copy);
  SEGRID_RETURN_IF_ERROR(connection_->CopyIn(
      CopyInto(TableName(options_.schema, kTracksTable), CommonColumns()),
      copy));
  for (const TableRows& rows : tables) {
    WriteCopy({&rows, 1}, rows.table.columns.size(), copy);
    SEGRID_RETURN_IF_ERROR(connection_->CopyIn(
        CopyInto(TableName(options_.schema, rows.table.name),
                 rows.table.columns),
        copy));
  }
  SEGRID_RETURN_IF_ERROR(CheckWritten(tables));
  return Transact({"COMMIT"});
}

// A binary COPY would take eight bytes of text for a number where somebody made
// the column one since Prepare(). The transaction's locks keep the tables as
// they are until it ends.
absl::Status PostgresLoader::CheckWritten(
    const std::vector<TableRows>& tables) {
  std::vector<std::string> names = {std::string(kTracksTable)};
  for (const TableRows& rows : tables) names.push_back(rows.table.name);
  SEGRID_ASSIGN_OR_RETURN(const FoundTables found, ReadTables(names));
  const auto check = [&](const Table& table) {
    const auto there = found.find(table.name);
    return CheckTable(table, there == found.end() ? Found() : there->second);
  };
  SEGRID_RETURN_IF_ERROR(check(TracksTable()));
  for (const TableRows& rows : tables) {
    SEGRID_RETURN_IF_ERROR(check(rows.table));
  }
  return absl::OkStatus();
}

absl::Status PostgresLoader::LoadMissing(const std::vector<TableRows>& tables) {
  for (const TableRows& rows : tables) {
    SEGRID_RETURN_IF_ERROR(MakeTemporaryTable(rows.table));
  }
  SEGRID_RETURN_IF_ERROR(Transact({"BEGIN"}));
  bool all_new = true;
  for (const TableRows& rows : tables) {
    SEGRID_ASSIGN_OR_RETURN(const std::int64_t inserted, InsertMissing(rows));
    all_new &= inserted == std::ssize(rows.rows);
  }
  SEGRID_RETURN_IF_ERROR(CheckWritten(tables));
  SEGRID_RETURN_IF_ERROR(Transact({"COMMIT"}));
  expects_new_ = all_new;
  return absl::OkStatus();
}

// Says how many rows were not there.
absl::StatusOr<std::int64_t> PostgresLoader::InsertMissing(
    const TableRows& rows) {
  const std::string temporary =
      absl::StrCat("pg_temp.", TemporaryName(rows.table));
  std::string copy;
  WriteCopy({&rows, 1}, rows.table.columns.size(), copy);
  SEGRID_RETURN_IF_ERROR(
      connection_->CopyIn(CopyInto(temporary, rows.table.columns), copy));
  const std::string common = ColumnList(CommonColumns());
  SEGRID_ASSIGN_OR_RETURN(
      const postgres::Result inserted,
      connection_->Run(absl::StrCat(
          "WITH new AS (INSERT INTO ", TableName(options_.schema, kTracksTable),
          " (", common, ") SELECT ", common, " FROM ", temporary,
          " ON CONFLICT (id) DO NOTHING RETURNING id) INSERT INTO ",
          TableName(options_.schema, rows.table.name), " (",
          ColumnList(rows.table.columns), ") SELECT ",
          ColumnList(rows.table.columns, "l."), " FROM ", temporary,
          " l WHERE EXISTS (SELECT FROM new WHERE new.id = l.id) "
          "ON CONFLICT (id) DO NOTHING")));
  return inserted.affected();
}

absl::StatusOr<std::int64_t> PostgresLoader::DeleteBefore(
    absl::Time before, std::int64_t max_rows) {
  SEGRID_RETURN_IF_ERROR(Prepare());
  std::string sql =
      absl::StrCat("WITH old AS MATERIALIZED (SELECT id, event FROM ",
                   TableName(options_.schema, kTracksTable),
                   " WHERE received_at < to_timestamp(",
                   absl::ToUnixSeconds(before), ") LIMIT ", max_rows, ")");
  for (const std::string& table : event_tables_) {
    absl::StrAppend(&sql, ", ", Quoted(absl::StrCat("of_", table)),
                    " AS (DELETE FROM ", TableName(options_.schema, table),
                    " WHERE id IN (SELECT id FROM old WHERE event = ",
                    Literal(table), "))");
  }
  absl::StrAppend(&sql, " DELETE FROM ",
                  TableName(options_.schema, kTracksTable),
                  " WHERE id IN (SELECT id FROM old)");
  const absl::StatusOr<postgres::Result> deleted = connection_->Run(sql);
  if (!deleted.ok()) return Explain(deleted.status());
  return deleted->affected();
}

absl::StatusOr<std::vector<std::string>> PostgresLoader::Check() {
  const absl::Status connected = Connect();
  if (!connected.ok()) return Explain(connected);
  std::vector<std::string> problems;
  const absl::Status looked = [&]() -> absl::Status {
    SEGRID_RETURN_IF_ERROR(CheckServer());
    SEGRID_ASSIGN_OR_RETURN(problems, MissingGrants());
    SEGRID_ASSIGN_OR_RETURN(const auto missing, MissingStatements());
    for (const std::string& sql : missing) {
      problems.push_back(absl::StrCat("missing: ", sql));
    }
    if (!missing.empty()) return absl::OkStatus();
    SEGRID_ASSIGN_OR_RETURN(const FoundTables found, ReadTables());
    return Adopt(found);
  }();
  const absl::Status explained = looked.ok() ? looked : Explain(looked);
  connection_.reset();
  if (base::ReasonOf(explained) == kMisconfiguredReason) {
    problems.emplace_back(explained.message());
    return problems;
  }
  if (!explained.ok()) return explained;
  return problems;
}

absl::StatusOr<std::vector<std::string>> PostgresLoader::MissingGrants() {
  SEGRID_ASSIGN_OR_RETURN(const bool has_schema, SchemaExists());
  SEGRID_ASSIGN_OR_RETURN(const FoundTables found, ReadTables());
  SEGRID_ASSIGN_OR_RETURN(const postgres::Result who,
                          connection_->Run("SELECT quote_ident(current_user), "
                                           "quote_ident(current_database())"));
  const std::string role(who.Get(0, 0));
  const std::string database =
      absl::StrCat("DATABASE ", std::string(who.Get(0, 1)));
  std::vector<std::string> problems;
  const auto ask = [&](const std::string& question, std::string_view privilege,
                       const std::string& object) -> absl::Status {
    SEGRID_ASSIGN_OR_RETURN(
        const postgres::Result answer,
        connection_->Run(
            absl::StrCat("SELECT ", question, ", ", Literal(privilege), ")")));
    if (answer.Get(0, 0) == "t") return absl::OkStatus();
    problems.push_back(absl::StrCat("no permission: GRANT ",
                                    std::string(privilege), " ON ", object,
                                    " TO ", role));
    return absl::OkStatus();
  };
  const std::string of_database = "has_database_privilege(current_database()";
  SEGRID_RETURN_IF_ERROR(ask(of_database, "TEMPORARY", database));
  if (!has_schema) {
    SEGRID_RETURN_IF_ERROR(ask(of_database, "CREATE", database));
    return problems;
  }
  const std::string schema = Quoted(options_.schema);
  const std::string of_schema =
      absl::StrCat("has_schema_privilege(", Literal(options_.schema));
  SEGRID_RETURN_IF_ERROR(
      ask(of_schema, "USAGE", absl::StrCat("SCHEMA ", schema)));
  if (!problems.empty()) return problems;  // Tables cannot be asked about.
  bool creates = false;
  for (const Table& table : tables_) {
    const auto there = found.find(table.name);
    creates |= there == found.end();
    if (there == found.end() || !IsTable(there->second.kind)) continue;
    const std::string name = TableName(options_.schema, table.name);
    const std::string of_table =
        absl::StrCat("has_table_privilege(", Literal(name));
    SEGRID_RETURN_IF_ERROR(ask(of_table, "SELECT", name));
    SEGRID_RETURN_IF_ERROR(ask(of_table, "INSERT", name));
    if (options_.deletes) SEGRID_RETURN_IF_ERROR(ask(of_table, "DELETE", name));
    if (!options_.create_tables || there->second.is_owned) continue;
    problems.push_back(absl::StrCat(
        "no permission: columns are added by the owner alone: ALTER TABLE ",
        name, " OWNER TO ", role, ", or set create_tables: false"));
  }
  if (creates && options_.create_tables) {
    SEGRID_RETURN_IF_ERROR(
        ask(of_schema, "CREATE", absl::StrCat("SCHEMA ", schema)));
  }
  return problems;
}

absl::Status PostgresLoader::Explain(absl::Status status) {
  if (connection_ != nullptr && connection_->good()) {
    // Ends the transaction that failed; without one it only warns.
    if (!connection_->Run("ROLLBACK").ok()) connection_.reset();
  } else {
    connection_.reset();
  }
  const auto failure = postgres::FailureOf(status);
  if (!failure) return status;
  if (NeedsPrepare(failure->sqlstate)) connection_.reset();
  return ExplainPostgres(*failure);
}

}  // namespace segrid::receivers::warehouse
