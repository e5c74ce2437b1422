// The tables of a warehouse and their columns, made from the catalog, so that a
// new event type is a new table and a new property a new column by themselves.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace segrid::receivers::warehouse {

// Version of this layout, kept in the table `segrid_schema`.
inline constexpr std::int32_t kLayoutVersion = 1;

// The table of every Track, and the one that holds the version.
inline constexpr char kTracksTable[] = "tracks";
inline constexpr char kVersionTable[] = "segrid_schema";

// The column for what has none of its own, as a JSON object.
inline constexpr char kOtherProperties[] = "other_properties";

enum class ColumnType : std::uint8_t { kText, kInteger, kBoolean, kTime };

struct Column {
  std::string name{};
  ColumnType type = ColumnType::kText;

  friend bool operator==(const Column&, const Column&) = default;
};

struct Table {
  std::string name{};
  std::string event_text{};  // "Email Delivered"; empty for `tracks`.
  std::vector<Column> columns{};
};

// Columns that a table has in the database beyond its layout, by its name.
using KnownColumns = std::map<std::string, std::vector<Column>, std::less<>>;

// The columns that `tracks` has and each event's table begins with, in order.
// The first one, `id`, is the primary key.
const std::vector<Column>& CommonColumns();

// True when the name is one of CommonColumns().
bool IsCommonColumn(std::string_view name);

Table TracksTable();

// The table of the event in this row of catalog::kEvents.
Table EventTable(std::size_t event);

// The table as the layout has it, without the columns that were added to it.
Table LayoutOf(const Table& table);

// The columns of `table` that are neither in its layout nor known.
std::vector<Column> NewColumns(const Table& table, const KnownColumns& known);

bool HasTable(const std::vector<Table>& tables, std::string_view name);

// The tables of all events that there are.
std::vector<Table> EventTables();

// `tracks`, then the tables of the events with these filter names in the order
// of the catalog. Empty: of those that a source selects by default.
std::vector<Table> Tables(const std::vector<std::string>& filters);

}  // namespace segrid::receivers::warehouse
