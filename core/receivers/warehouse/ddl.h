// The SQL that makes the tables, for the loaders and for people who make tables
// themselves.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/receivers/warehouse/layout.h"

namespace segrid::receivers::warehouse {

enum class Dialect : std::uint8_t { kPostgres, kSqlite };

// The dialect of a source's `database`.
Dialect DialectOf(std::string_view database);

// The name of a type in the database: bigint, INTEGER.
std::string_view TypeName(Dialect dialect, ColumnType type);

// The table's name for SQL. `schema` is empty for SQLite.
std::string TableName(const std::string& schema, const std::string& table);

// The table, then its indexes: on received_at, as Segment's sort key, and on
// anonymous_id with timestamp.
std::vector<std::string> CreateTable(Dialect dialect, const std::string& schema,
                                     const Table& table);

// The table of the layout's version, and its row; an older version becomes this
// one.
std::vector<std::string> CreateVersionTable(Dialect dialect,
                                            const std::string& schema);

std::string AddColumn(Dialect dialect, const std::string& schema,
                      const std::string& table, const Column& column);

// The whole schema as a script. PostgreSQL: with the grants that a role needs
// to load into tables that others made (`create_tables: false`).
std::string Script(Dialect dialect, const std::string& schema,
                   const std::vector<Table>& tables);

}  // namespace segrid::receivers::warehouse
