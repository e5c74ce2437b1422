#include "core/receivers/warehouse/layout.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/catalog/catalog.h"
#include "core/receivers/warehouse/column_name.h"

namespace segrid::receivers::warehouse {
namespace {

ColumnType TypeOf(catalog::Type type) {
  switch (type) {
    case catalog::Type::kInteger:
      return ColumnType::kInteger;
    case catalog::Type::kBoolean:
      return ColumnType::kBoolean;
    case catalog::Type::kString:
    case catalog::Type::kTime:        // No property is one.
    case catalog::Type::kStringList:  // A JSON array as text.
    case catalog::Type::kObject:      // Flattened into its members.
      return ColumnType::kText;
  }
  return ColumnType::kText;
}

// The rows of one place of the catalog, with the prefix of their columns.
void AddPlace(catalog::Place place, const char* prefix,
              std::vector<Column>& columns) {
  for (const catalog::PropertyRow& row : catalog::kProperties) {
    if (row.place != place) continue;
    columns.push_back({.name = absl::StrCat(prefix, SnakeCase(row.name)),
                       .type = TypeOf(row.type)});
  }
}

std::vector<Column> MakeCommonColumns() {
  std::vector<Column> columns = {
      {"id", ColumnType::kText},
      {"anonymous_id", ColumnType::kText},
      {"user_id", ColumnType::kText},
      {"event", ColumnType::kText},
      {"event_text", ColumnType::kText},
      {"timestamp", ColumnType::kTime},
      {"original_timestamp", ColumnType::kTime},
      {"received_at", ColumnType::kTime},
      {"sent_at", ColumnType::kTime},
      {"uuid_ts", ColumnType::kTime},
      {"context_library_name", ColumnType::kText},
      {"context_library_version", ColumnType::kText},
  };
  AddPlace(catalog::Place::kTraits, "context_traits_", columns);
  AddPlace(catalog::Place::kContext, "context_", columns);
  return columns;
}

bool AppliesTo(const catalog::PropertyRow& row,
               const catalog::EventRow& event) {
  return row.place == catalog::Place::kProperties &&
         (row.when != catalog::When::kClick || event.sendgrid == "click");
}

}  // namespace

const std::vector<Column>& CommonColumns() {
  static const auto* const columns =
      new std::vector<Column>(MakeCommonColumns());
  return *columns;
}

bool IsCommonColumn(std::string_view name) {
  const std::vector<Column>& columns = CommonColumns();
  return std::any_of(columns.begin(), columns.end(),
                     [&](const Column& column) { return column.name == name; });
}

Table TracksTable() {
  return {.name = std::string(kTracksTable), .columns = CommonColumns()};
}

Table EventTable(std::size_t event) {
  const catalog::EventRow& row = catalog::kEvents[event];
  Table table = {.name = SnakeCase(row.segment),
                 .event_text = std::string(row.segment),
                 .columns = CommonColumns()};
  for (const catalog::PropertyRow& property : catalog::kProperties) {
    if (!AppliesTo(property, row)) continue;
    table.columns.push_back(
        {.name = SnakeCase(property.name), .type = TypeOf(property.type)});
  }
  return table;
}

Table LayoutOf(const Table& table) {
  for (std::size_t i = 0; i < catalog::kEventCount; ++i) {
    if (catalog::kEvents[i].segment == table.event_text) return EventTable(i);
  }
  return TracksTable();
}

std::vector<Column> NewColumns(const Table& table, const KnownColumns& known) {
  const std::vector<Column> layout = LayoutOf(table).columns;
  const auto found = known.find(table.name);
  const auto has = [](const std::vector<Column>& columns,
                      std::string_view name) {
    return std::any_of(columns.begin(), columns.end(),
                       [&](const Column& c) { return c.name == name; });
  };
  std::vector<Column> columns;
  for (const Column& column : table.columns) {
    const bool is_known =
        has(layout, column.name) ||
        (found != known.end() && has(found->second, column.name));
    if (!is_known) columns.push_back(column);
  }
  return columns;
}

bool HasTable(const std::vector<Table>& tables, std::string_view name) {
  return std::any_of(tables.begin(), tables.end(),
                     [&](const Table& table) { return table.name == name; });
}

std::vector<Table> EventTables() {
  std::vector<Table> tables;
  for (std::size_t i = 0; i < catalog::kEventCount; ++i) {
    tables.push_back(EventTable(i));
  }
  return tables;
}

std::vector<Table> Tables(const std::vector<std::string>& filters) {
  std::vector<Table> tables = {TracksTable()};
  for (std::size_t i = 0; i < catalog::kEventCount; ++i) {
    const catalog::EventRow& row = catalog::kEvents[i];
    const bool selected = filters.empty()
                              ? row.by_default
                              : std::find(filters.begin(), filters.end(),
                                          row.filter) != filters.end();
    if (selected) tables.push_back(EventTable(i));
  }
  return tables;
}

}  // namespace segrid::receivers::warehouse
