// From a batch of Tracks, as JSON, to rows of the warehouse's tables.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/receivers/receiver.h"
#include "core/receivers/warehouse/layout.h"
#include "simdjson.h"

namespace segrid::receivers::warehouse {

// One value of a row. `text` is valid UTF-8 without U+0000, and lives as long
// as the BatchRows.
struct Value {
  enum class Kind : std::uint8_t { kNull, kText, kInteger, kBoolean, kTime };

  Kind kind = Kind::kNull;
  std::int64_t number = 0;  // kBoolean: 0 or 1. kTime: microseconds, Unix.
  std::string_view text{};
};

struct Row {
  std::int32_t index = 0;  // Of the Track in the batch.
  // Parallel to TableRows::columns; a row may have fewer: the rest is NULL.
  std::vector<Value> values{};

  std::string_view id() const { return values[0].text; }
};

// The rows for one event's table.
struct TableRows {
  Table table{};  // Its columns include those that this batch adds.
  std::vector<Row> rows{};
};

struct RowLimits {
  std::int32_t max_columns = 400;  // Of a table.
  // False: a property without a column goes into `other_properties`.
  bool may_add_columns = true;
};

// Reads Tracks and keeps what they say as rows, sorted by table and id, so that
// two loaders that write the same rows wait for each other in one order.
//
// Ownership:     keeps the text of all values.
// Thread safety: none; one user at a time.
// Blocking:      never.
class BatchRows {
 public:
  explicit BatchRows(RowLimits limits = {}) : limits_(limits) {}

  // Replaces the rows by those of `batch`. `known` says which columns the
  // tables have already; `now` is when the rows are loaded.
  // INVALID_ARGUMENT/BAD_MESSAGE: a Track is no JSON object with a known event
  // and a time; nothing is kept.
  absl::Status Read(const Batch& batch, const KnownColumns& known,
                    absl::Time now);

  const std::vector<TableRows>& tables() const { return tables_; }

  // Values of the last batch that have no column: their name is that of a
  // common column or of another property of the same Track.
  std::int64_t dropped_values() const { return dropped_values_; }

 private:
  // Where the values of one event's Tracks go.
  struct Place {
    std::size_t table = 0;  // In tables_.
    // Column by property name, as the Tracks spell it; kNoColumn: dropped,
    // kOther: into `other_properties`.
    std::map<std::string, std::size_t, std::less<>> by_property{};
    std::size_t room = 0;  // For further columns.
  };

  absl::Status ReadTrack(simdjson::dom::element track, const Batch& batch,
                         std::int32_t index, const KnownColumns& known,
                         absl::Time now);
  Place& PlaceOf(std::size_t event, const KnownColumns& known);
  void AddCommon(simdjson::dom::object top, const Table& table, Row& row);
  void AddProperties(simdjson::dom::object properties, Place& place, Row& row);
  void AddProperty(std::string_view name, simdjson::dom::element value,
                   Place& place, Row& row, std::string& other);
  void Set(Row& row, std::size_t column, const Value& value);
  std::size_t ColumnOf(std::string_view name, simdjson::dom::element value,
                       Place& place);
  std::size_t AddColumn(const Column& column, Place& place);
  std::size_t OtherColumn(Place& place);
  Value ValueOf(simdjson::dom::element value, ColumnType type);
  Value TextOf(std::string_view text);

  const RowLimits limits_;
  simdjson::dom::parser parser_;
  std::string json_;
  std::deque<std::string> texts_;  // Values that are not as in the JSON.
  std::vector<TableRows> tables_;
  std::map<std::size_t, Place> places_;  // By row of catalog::kEvents.
  std::int64_t dropped_values_ = 0;
};

}  // namespace segrid::receivers::warehouse
