#include "core/receivers/warehouse/postgres_loader.h"

#include <algorithm>
#include <array>
#include <utility>

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

bool IsTable(char kind) { return kind == 'r' || kind == 'p'; }

}  // namespace

PostgresLoader::PostgresLoader(LoaderOptions options)
    : options_(std::move(options)), tables_(options_.tables) {}

absl::Status PostgresLoader::Prepare() {
  if (connection_ != nullptr && connection_->good()) return absl::OkStatus();
  const absl::Status prepared = [this] {
    SEGRID_RETURN_IF_ERROR(Connect());
    SEGRID_RETURN_IF_ERROR(CheckVersion());
    if (options_.create_tables) {
      SEGRID_RETURN_IF_ERROR(CreateWhatIsMissing());
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

absl::Status PostgresLoader::CheckVersion() {
  const std::string name = TableName(options_.schema, kVersionTable);
  SEGRID_ASSIGN_OR_RETURN(const postgres::Result there,
                          connection_->Run(absl::StrCat("SELECT to_regclass(",
                                                        Literal(name), ")")));
  if (there.IsNull(0, 0)) return absl::OkStatus();
  SEGRID_ASSIGN_OR_RETURN(
      const postgres::Result version,
      connection_->Run(absl::StrCat("SELECT version > ", kLayoutVersion,
                                    ", version FROM ", name)));
  if (version.rows() == 0 || version.Get(0, 0) != "t") return absl::OkStatus();
  return Misconfigured(absl::StrCat(
      name, " says layout ", std::string(version.Get(0, 1)),
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

absl::StatusOr<PostgresLoader::FoundTables> PostgresLoader::ReadTables() {
  SEGRID_ASSIGN_OR_RETURN(
      const postgres::Result rows,
      connection_->Run(
          "SELECT c.relname, c.relkind, a.attname, "
          "format_type(a.atttypid, NULL) FROM pg_class c "
          "JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = $1 "
          "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 "
          "AND NOT a.attisdropped WHERE c.relkind IN "
          "('r','p','v','m','f','S') ORDER BY c.relname, a.attnum",
          {options_.schema}));
  FoundTables found;
  for (int i = 0; i < rows.rows(); ++i) {
    Found& table = found[std::string(rows.Get(i, 0))];
    table.kind = rows.Get(i, 1)[0];
    table.types.emplace(rows.Get(i, 2), rows.Get(i, 3));
  }
  return found;
}

std::vector<std::string> PostgresLoader::MissingTables(
    bool has_schema, const FoundTables& found) const {
  std::vector<std::string> statements;
  const auto add = [&](std::vector<std::string> more) {
    for (std::string& sql : more) statements.push_back(std::move(sql));
  };
  if (!has_schema) {
    statements.push_back(
        absl::StrCat("CREATE SCHEMA ", Quoted(options_.schema)));
  }
  if (!found.contains(std::string_view(kVersionTable))) {
    add(CreateVersionTable(Dialect::kPostgres, options_.schema));
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
  return statements;
}

absl::Status PostgresLoader::CreateWhatIsMissing() {
  // Without the lock first, because mostly nothing is missing.
  for (const bool locked : {false, true}) {
    if (locked) {
      SEGRID_RETURN_IF_ERROR(
          Transact({"BEGIN", kLockTimeout, LockSchema(options_.schema)}));
    }
    SEGRID_ASSIGN_OR_RETURN(const bool has_schema, SchemaExists());
    SEGRID_ASSIGN_OR_RETURN(const FoundTables found, ReadTables());
    std::vector<std::string> missing = MissingTables(has_schema, found);
    if (locked) {
      missing.push_back("COMMIT");
      return Transact(missing);
    }
    if (missing.empty()) return absl::OkStatus();
  }
  return absl::OkStatus();
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
    if (!IsTable(there->second.kind)) {
      return Misconfigured(
          absl::StrCat(name, " is ", KindName(there->second.kind),
                       ", where Segrid needs a table; give another schema"));
    }
    for (const Column& column : table.columns) {
      const auto type = there->second.types.find(column.name);
      if (type == there->second.types.end()) {
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
  if (loaded.ok()) loaded = LoadInTransaction(tables);
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
    for (const Column& column : rows.table.columns) {
      const auto type = there->second.types.find(column.name);
      if (type != there->second.types.end() &&
          Fits(type->second, column.type)) {
        continue;
      }
      return Misconfigured(
          absl::StrCat("column ", TableName(options_.schema, rows.table.name),
                       ".", Quoted(column.name), " is not of type ",
                       std::string(TypeName(Dialect::kPostgres, column.type)),
                       "; change it, or give another schema"));
    }
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

absl::Status PostgresLoader::LoadInTransaction(
    const std::vector<TableRows>& tables) {
  for (const TableRows& rows : tables) {
    SEGRID_RETURN_IF_ERROR(MakeTemporaryTable(rows.table));
  }
  SEGRID_RETURN_IF_ERROR(Transact({"BEGIN"}));
  std::vector<std::string> statements;
  std::string copy;
  for (const TableRows& rows : tables) {
    const std::string temporary =
        absl::StrCat("pg_temp.", TemporaryName(rows.table));
    WriteCopy(rows, copy);
    SEGRID_RETURN_IF_ERROR(connection_->CopyIn(
        absl::StrCat("COPY ", temporary, " FROM STDIN (FORMAT binary)"), copy));
    const std::string common = ColumnList(CommonColumns());
    const std::string all = ColumnList(rows.table.columns);
    statements.push_back(absl::StrCat(
        "WITH new AS (INSERT INTO ", TableName(options_.schema, kTracksTable),
        " (", common, ") SELECT ", common, " FROM ", temporary,
        " ON CONFLICT (id) DO NOTHING RETURNING id) INSERT INTO ",
        TableName(options_.schema, rows.table.name), " (", all, ") SELECT ",
        ColumnList(rows.table.columns, "l."), " FROM ", temporary,
        " l WHERE EXISTS (SELECT FROM new WHERE new.id = l.id) "
        "ON CONFLICT (id) DO NOTHING"));
  }
  statements.push_back("COMMIT");
  return Transact(statements);
}

absl::StatusOr<std::int64_t> PostgresLoader::DeleteBefore(
    absl::Time before, std::int64_t max_rows) {
  SEGRID_RETURN_IF_ERROR(Prepare());
  std::string sql =
      absl::StrCat("WITH old AS MATERIALIZED (SELECT id, event FROM ",
                   TableName(options_.schema, kTracksTable),
                   " WHERE received_at < to_timestamp(",
                   absl::ToUnixSeconds(before), ") LIMIT ", max_rows, ")");
  for (const Table& table : tables_) {
    if (table.event_text.empty()) continue;
    absl::StrAppend(&sql, ", ", Quoted(absl::StrCat("of_", table.name)),
                    " AS (DELETE FROM ", TableName(options_.schema, table.name),
                    " WHERE id IN (SELECT id FROM old WHERE event = ",
                    Literal(table.name), "))");
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
    SEGRID_RETURN_IF_ERROR(CheckVersion());
    SEGRID_ASSIGN_OR_RETURN(const bool has_schema, SchemaExists());
    SEGRID_ASSIGN_OR_RETURN(const FoundTables found, ReadTables());
    for (const std::string& sql : MissingTables(has_schema, found)) {
      problems.push_back(absl::StrCat("missing: ", sql));
    }
    if (problems.empty()) {
      SEGRID_RETURN_IF_ERROR(Adopt(found));
    }
    SEGRID_ASSIGN_OR_RETURN(const std::vector<std::string> grants,
                            MissingGrants(has_schema, found));
    problems.insert(problems.end(), grants.begin(), grants.end());
    return absl::OkStatus();
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

absl::StatusOr<std::vector<std::string>> PostgresLoader::MissingGrants(
    bool has_schema, const FoundTables& found) {
  std::vector<std::string> problems;
  const auto ask = [&](const std::string& question,
                       const std::string& grant) -> absl::Status {
    SEGRID_ASSIGN_OR_RETURN(
        const postgres::Result answer,
        connection_->Run(absl::StrCat("SELECT ", question)));
    if (answer.Get(0, 0) != "t") {
      problems.push_back(absl::StrCat("no permission: ", grant));
    }
    return absl::OkStatus();
  };
  SEGRID_RETURN_IF_ERROR(
      ask("has_database_privilege(current_database(), 'TEMPORARY')",
          "GRANT TEMPORARY ON DATABASE"));
  if (!has_schema) {
    SEGRID_RETURN_IF_ERROR(
        ask("has_database_privilege(current_database(), 'CREATE')",
            "GRANT CREATE ON DATABASE"));
    return problems;
  }
  SEGRID_RETURN_IF_ERROR(
      ask(absl::StrCat("has_schema_privilege(", Literal(options_.schema),
                       ", 'USAGE')"),
          absl::StrCat("GRANT USAGE ON SCHEMA ", Quoted(options_.schema))));
  for (const Table& table : tables_) {
    if (!found.contains(table.name)) continue;
    const std::string name = TableName(options_.schema, table.name);
    for (const char* const privilege : {"SELECT", "INSERT"}) {
      SEGRID_RETURN_IF_ERROR(
          ask(absl::StrCat("has_table_privilege(", Literal(name), ", ",
                           Literal(privilege), ")"),
              absl::StrCat("GRANT ", privilege, " ON ", name)));
    }
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
