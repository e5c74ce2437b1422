#include "core/receivers/warehouse/ddl.h"

#include "absl/strings/str_cat.h"
#include "core/base/database_address.h"
#include "core/receivers/warehouse/column_name.h"

namespace segrid::receivers::warehouse {
namespace {

// An index's name is the table's in SQLite's one name space, so both dialects
// say the table in it.
std::string IndexOn(Dialect dialect, const std::string& schema,
                    const Table& table, const std::string& suffix,
                    const std::string& columns) {
  const std::string name = Quoted(absl::StrCat(table.name, suffix));
  const char* const kind =
      dialect == Dialect::kPostgres && suffix == "_received_at_idx"
          ? " USING brin"
          : "";
  return absl::StrCat("CREATE INDEX IF NOT EXISTS ", name, " ON ",
                      TableName(schema, table.name), kind, " (", columns, ")");
}

// The grants of a role that loads and does not create: rows are read because
// those that are there are passed over, and deleted for `keep`.
std::string Grants(const std::string& schema,
                   const std::vector<Table>& tables) {
  std::string names = TableName(schema, kVersionTable);
  std::string rows;
  for (const Table& table : tables) {
    absl::StrAppend(&rows, rows.empty() ? "" : ", ",
                    TableName(schema, table.name));
  }
  return absl::StrCat(
      "\n-- The role that loads (loader stands for its name):\n",
      "-- GRANT TEMPORARY ON DATABASE <database> TO loader;\n",
      "-- GRANT USAGE ON SCHEMA ", Quoted(schema), " TO loader;\n",
      "-- GRANT SELECT ON ", names, " TO loader;\n",
      "-- GRANT SELECT, INSERT ON ", rows, " TO loader;\n",
      "-- With `keep`, besides:\n", "-- GRANT DELETE ON ", rows,
      " TO loader;\n");
}

}  // namespace

Dialect DialectOf(std::string_view database) {
  return base::SqliteFileOf(database) ? Dialect::kSqlite : Dialect::kPostgres;
}

std::string_view TypeName(Dialect dialect, ColumnType type) {
  const bool postgres = dialect == Dialect::kPostgres;
  switch (type) {
    case ColumnType::kText:
      return postgres ? "text" : "TEXT";
    case ColumnType::kInteger:
      return postgres ? "bigint" : "INTEGER";
    case ColumnType::kBoolean:
      return postgres ? "boolean" : "INTEGER";
    case ColumnType::kTime:
      return postgres ? "timestamp with time zone" : "TEXT";
  }
  return "text";
}

std::string TableName(const std::string& schema, const std::string& table) {
  return schema.empty() ? Quoted(table)
                        : absl::StrCat(Quoted(schema), ".", Quoted(table));
}

std::vector<std::string> CreateTable(Dialect dialect, const std::string& schema,
                                     const Table& table) {
  std::string sql = absl::StrCat("CREATE TABLE IF NOT EXISTS ",
                                 TableName(schema, table.name), " (");
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const Column& column = table.columns[i];
    absl::StrAppend(&sql, i == 0 ? "\n  " : ",\n  ", Quoted(column.name), " ",
                    std::string(TypeName(dialect, column.type)),
                    i == 0 ? " NOT NULL PRIMARY KEY" : "");
  }
  absl::StrAppend(&sql, ")");
  return {std::move(sql),
          IndexOn(dialect, schema, table, "_received_at_idx", "received_at"),
          IndexOn(dialect, schema, table, "_anonymous_id_idx",
                  "anonymous_id, \"timestamp\"")};
}

std::vector<std::string> CreateVersionTable(Dialect dialect,
                                            const std::string& schema) {
  const std::string name = TableName(schema, kVersionTable);
  return {absl::StrCat("CREATE TABLE IF NOT EXISTS ", name,
                       " (one boolean NOT NULL PRIMARY KEY CHECK (one), "
                       "version integer NOT NULL)"),
          absl::StrCat("INSERT INTO ", name, " AS v VALUES (",
                       dialect == Dialect::kPostgres ? "true" : "1", ", ",
                       kLayoutVersion,
                       ") ON CONFLICT (one) DO UPDATE SET version = "
                       "excluded.version WHERE v.version < excluded.version")};
}

std::string AddColumn(Dialect dialect, const std::string& schema,
                      const std::string& table, const Column& column) {
  return absl::StrCat("ALTER TABLE ", TableName(schema, table), " ADD COLUMN ",
                      dialect == Dialect::kPostgres ? "IF NOT EXISTS " : "",
                      Quoted(column.name), " ",
                      std::string(TypeName(dialect, column.type)));
}

std::string Script(Dialect dialect, const std::string& schema,
                   const std::vector<Table>& tables) {
  std::string script;
  if (dialect == Dialect::kPostgres) {
    absl::StrAppend(&script, "CREATE SCHEMA IF NOT EXISTS ", Quoted(schema),
                    ";\n");
  }
  for (const std::string& sql : CreateVersionTable(dialect, schema)) {
    absl::StrAppend(&script, sql, ";\n");
  }
  for (const Table& table : tables) {
    for (const std::string& sql : CreateTable(dialect, schema, table)) {
      absl::StrAppend(&script, sql, ";\n");
    }
  }
  if (dialect == Dialect::kPostgres) {
    absl::StrAppend(&script, Grants(schema, tables));
  }
  return script;
}

}  // namespace segrid::receivers::warehouse
