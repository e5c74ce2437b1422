// From a batch of Tracks, as JSON, to rows of the warehouse's tables.

#pragma once

#include <array>
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
  std::string_view text{};  // kText. kTime: ISO 8601 UTC with milliseconds.
};

struct Row {
  std::int32_t index = 0;  // The Track's place in the batch.
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
  std::int32_t max_columns = 400;  // In a table, `other_properties` apart.
  // False: a property without a column goes into `other_properties`.
  bool may_add_columns = true;
};

// How a value became another one, or got another place, than its Track says.
// Those that are moved go into `other_properties` where the table has it.
enum class ValueChange : std::uint8_t {
  kNameTaken,   // Dropped: its column is a common one, or that of another
                // property of the same Track.
  kNoColumn,    // Dropped: no column may be added, `other_properties` neither.
  kMaxColumns,  // Moved: the table has its columns.
  kReservedName,  // Moved: PostgreSQL keeps the name for itself.
  kOtherType,     // Moved: its column is of another type.
  kRowFull,       // Moved: with it the row would not fit into a page.
  kNulReplaced,   // U+0000 became U+FFFD.
};

// The words for them, in their order: reasons of metric and log.
inline constexpr auto kValueChanges = std::to_array<std::string_view>(
    {"name_taken", "no_column", "max_columns", "reserved_name", "other_type",
     "row_full", "nul_replaced"});

// Numbers of values by ValueChange.
using ValueChanges = std::array<std::int64_t, kValueChanges.size()>;

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

  // Those of the last batch.
  const ValueChanges& changes() const { return changes_; }

 private:
  // Where the values of one property go.
  struct Target {
    bool has_column = false;
    std::size_t column = 0;
    // Without a column: why.
    ValueChange change = ValueChange::kNameTaken;
  };

  // A Track's row while it is made.
  struct Draft {
    Row row{};
    std::size_t bytes = 0;  // Size of its values in PostgreSQL's page.
    std::string other{};    // Members of `other_properties`.
  };

  // Where the values of one event's Tracks go.
  struct Place {
    std::size_t table = 0;  // In tables_.
    // By property name, as the Tracks spell it.
    std::map<std::string, Target, std::less<>> by_property{};
    std::size_t room = 0;  // For further columns.
  };

  absl::Status ReadTrack(simdjson::dom::element track, const Batch& batch,
                         std::int32_t index, const KnownColumns& known);
  Place& PlaceOf(std::size_t event, const KnownColumns& known);
  void AddCommon(simdjson::dom::object top, const Table& table, Draft& draft);
  void AddProperties(simdjson::dom::object properties, Place& place,
                     Draft& draft);
  void AddProperty(std::string_view name, simdjson::dom::element value,
                   Place& place, Draft& draft);
  void AddOther(std::string_view name, simdjson::dom::element value,
                ValueChange why, Place& place, Draft& draft);
  Target TargetOf(std::string_view name, simdjson::dom::element value,
                  Place& place);
  bool MakeOtherColumn(Place& place);
  void Count(ValueChange change) {
    ++changes_[static_cast<std::size_t>(change)];
  }
  Value ValueOf(simdjson::dom::element value, ColumnType type);
  Value TextOf(std::string_view text);
  Value TimeOf(absl::Time time);
  Value JsonOf(std::string json);

  const RowLimits limits_;
  simdjson::dom::parser parser_;
  std::string json_;
  std::deque<std::string> texts_;  // Values that are not as in the JSON.
  std::vector<TableRows> tables_;
  std::map<std::size_t, Place> places_;  // By row of catalog::kEvents.
  ValueChanges changes_{};
  Value now_{};       // When the batch was read.
  Value accepted_{};  // When the last Track was: many have the same.
};

}  // namespace segrid::receivers::warehouse
