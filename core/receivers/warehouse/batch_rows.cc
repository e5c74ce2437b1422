#include "core/receivers/warehouse/batch_rows.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/error_info.h"
#include "core/catalog/catalog.h"
#include "core/codec/json_text.h"
#include "core/receivers/warehouse/column_name.h"

namespace segrid::receivers::warehouse {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;
using simdjson::dom::object;

constexpr std::size_t kNoColumn = std::numeric_limits<std::size_t>::max();

// A row of PostgreSQL's must fit into a page of 8 KiB, longer texts as pointers
// of 18 bytes to where they are. Left for values after page and row header and
// the bitmap of NULLs of 1,600 columns.
constexpr std::size_t kRowBytes = 7'800;
constexpr std::size_t kLongestInRow = 24;  // Longer texts are moved out.
constexpr std::size_t kNumberInRow = 16;   // With the bytes that align it.
constexpr std::size_t kOtherInRow = 32;    // For `other_properties`.

// Columns that PostgreSQL has in every table.
constexpr auto kReservedNames = std::to_array<std::string_view>(
    {"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid", kOtherProperties});

// U+FFFD, for U+0000, which PostgreSQL's text cannot hold.
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Positions in CommonColumns(); a test compares them with its names.
enum Common : std::size_t {
  kId,
  kAnonymousId,
  kUserId,
  kEvent,
  kEventText,
  kTimestamp,
  kOriginalTimestamp,
  kReceivedAt,
  kSentAt,
  kUuidTs,
  kLibraryName,
  kLibraryVersion,
  kFirstOfCatalog,
};

absl::Status BadMessage(std::int32_t index, std::string_view what) {
  return base::MakeError(
      absl::StatusCode::kInvalidArgument, "BAD_MESSAGE",
      absl::StrCat("message ", index, " ", std::string(what)));
}

std::string_view StringIn(object from, std::string_view key) {
  std::string_view text;
  if (from[key].get(text) != simdjson::SUCCESS) return {};
  return text;
}

bool HasObject(object from, std::string_view key, object& found) {
  return from[key].get(found) == simdjson::SUCCESS;
}

std::size_t EventOf(std::string_view segment) {
  for (std::size_t i = 0; i < catalog::kEventCount; ++i) {
    if (catalog::kEvents[i].segment == segment) return i;
  }
  return catalog::kEventCount;
}

// A column for a property that the table has none for: of the type that the
// catalog or, for what it does not know, the JSON gives it. Custom arguments
// are strings, so their columns are text.
ColumnType NewType(element value) {
  switch (value.type()) {
    case element_type::INT64:
    case element_type::UINT64:
      return ColumnType::kInteger;
    case element_type::BOOL:
      return ColumnType::kBoolean;
    default:
      return ColumnType::kText;
  }
}

std::size_t FindColumn(const Table& table, std::string_view name) {
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].name == name) return i;
  }
  return kNoColumn;
}

std::size_t BytesInRow(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kNull:
      return 0;
    case Value::Kind::kText:
      return std::min(value.text.size(), kLongestInRow) + 1;
    case Value::Kind::kInteger:
    case Value::Kind::kBoolean:
    case Value::Kind::kTime:
      break;
  }
  return kNumberInRow;
}

std::string JsonString(std::string_view text) {
  std::string json(6 * text.size() + 2, '"');
  char* const end = codec::Escape(text, json.data() + 1);
  json.resize(static_cast<std::size_t>(end - json.data()));
  json += '"';
  return json;
}

}  // namespace

absl::Status BatchRows::Read(const Batch& batch, const KnownColumns& known,
                             absl::Time now) {
  tables_.clear();
  places_.clear();
  texts_.clear();
  changes_ = {};
  now_ = TimeOf(now);
  accepted_ = now_;
  json_.clear();
  json_.push_back('[');
  for (const std::string_view track : batch.tracks) {
    if (json_.size() > 1) json_ += ',';
    json_ += track;
  }
  json_ += ']';
  simdjson::dom::array tracks;
  if (parser_.parse(json_).get(tracks) != simdjson::SUCCESS ||
      tracks.size() != batch.tracks.size()) {
    return BadMessage(0, "or a later one is no JSON object");
  }
  std::int32_t index = 0;
  for (const element track : tracks) {
    const absl::Status read = ReadTrack(track, batch, index++, known);
    if (read.ok()) continue;
    tables_.clear();
    return read;
  }
  std::sort(tables_.begin(), tables_.end(),
            [](const TableRows& a, const TableRows& b) {
              return a.table.name < b.table.name;
            });
  for (TableRows& table : tables_) {
    std::stable_sort(
        table.rows.begin(), table.rows.end(),
        [](const Row& a, const Row& b) { return a.id() < b.id(); });
  }
  return absl::OkStatus();
}

absl::Status BatchRows::ReadTrack(element track, const Batch& batch,
                                  std::int32_t index,
                                  const KnownColumns& known) {
  object top;
  if (track.get(top) != simdjson::SUCCESS) {
    return BadMessage(index, "is no JSON object");
  }
  const std::string_view event_text = StringIn(top, "event");
  const std::size_t event = EventOf(event_text);
  if (event == catalog::kEventCount) {
    return BadMessage(index, "has no event that the catalog names");
  }
  absl::Time time;
  const std::string_view timestamp = StringIn(top, "timestamp");
  if (!absl::ParseTime(absl::RFC3339_full,
                       absl::string_view(timestamp.data(), timestamp.size()),
                       &time, nullptr)) {
    return BadMessage(index, "has no time");
  }
  Place& place = PlaceOf(event, known);
  TableRows& table = tables_[place.table];
  Draft draft = {.row = {.index = index}};
  Row& row = draft.row;
  row.values.resize(table.table.columns.size());
  AddCommon(top, table.table, draft);
  row.values[kEventText] = TextOf(event_text);
  row.values[kTimestamp] = row.values[kOriginalTimestamp] = TimeOf(time);
  const auto at = static_cast<std::size_t>(index);
  if (at < batch.accepted_times.size() &&
      absl::ToUnixMicros(batch.accepted_times[at]) != accepted_.number) {
    accepted_ = TimeOf(batch.accepted_times[at]);
  }
  row.values[kReceivedAt] = accepted_;
  row.values[kSentAt] = row.values[kUuidTs] = now_;
  if (object properties; HasObject(top, "properties", properties)) {
    for (const Value& value : row.values) draft.bytes += BytesInRow(value);
    AddProperties(properties, place, draft);
  }
  table.rows.push_back(std::move(row));
  return absl::OkStatus();
}

void BatchRows::AddCommon(object top, const Table& table, Draft& draft) {
  Row& row = draft.row;
  row.values[kId] = TextOf(StringIn(top, "messageId"));
  row.values[kEvent] = TextOf(texts_.emplace_back(table.name));
  for (const auto& [column, key] :
       {std::pair(kAnonymousId, "anonymousId"), std::pair(kUserId, "userId")}) {
    const std::string_view text = StringIn(top, key);
    if (!text.empty()) row.values[column] = TextOf(text);
  }
  object context;
  if (!HasObject(top, "context", context)) return;
  if (object library; HasObject(context, "library", library)) {
    row.values[kLibraryName] = TextOf(StringIn(library, "name"));
    row.values[kLibraryVersion] = TextOf(StringIn(library, "version"));
  }
  object traits = context;
  const bool has_traits = HasObject(context, "traits", traits);
  std::size_t column = kFirstOfCatalog;
  for (const auto place : {catalog::Place::kTraits, catalog::Place::kContext}) {
    const bool in_traits = place == catalog::Place::kTraits;
    for (const catalog::PropertyRow& property : catalog::kProperties) {
      if (property.place != place) continue;
      element value;
      if ((has_traits || !in_traits) &&
          (in_traits ? traits : context)[property.name].get(value) ==
              simdjson::SUCCESS) {
        row.values[column] = ValueOf(value, table.columns[column].type);
      }
      ++column;
    }
  }
}

BatchRows::Place& BatchRows::PlaceOf(std::size_t event,
                                     const KnownColumns& known) {
  const auto found = places_.find(event);
  if (found != places_.end()) return found->second;
  Place& place = places_[event];
  place.table = tables_.size();
  Table table = EventTable(event);
  if (const auto more = known.find(table.name); more != known.end()) {
    for (const Column& column : more->second) table.columns.push_back(column);
  }
  const auto max = static_cast<std::size_t>(limits_.max_columns);
  place.room = max > table.columns.size() ? max - table.columns.size() : 0;
  for (const catalog::PropertyRow& row : catalog::kProperties) {
    if (row.place != catalog::Place::kProperties) continue;
    const std::string name = SnakeCase(row.name);
    const std::size_t column = FindColumn(table, name);
    if (column == kNoColumn) continue;
    place.by_property.emplace(row.name,
                              Target{.has_column = true, .column = column});
  }
  tables_.push_back({.table = std::move(table)});
  return place;
}

void BatchRows::AddProperties(object properties, Place& place, Draft& draft) {
  for (const auto [name, value] : properties) {
    object members;
    if (value.get(members) != simdjson::SUCCESS) {
      AddProperty(name, value, place, draft);
      continue;
    }
    for (const auto [member, inner] : members) {
      AddProperty(absl::StrCat(std::string(name), "_", std::string(member)),
                  inner, place, draft);
    }
  }
  if (draft.other.empty()) return;
  const std::size_t column =
      FindColumn(tables_[place.table].table, kOtherProperties);
  if (draft.row.values.size() <= column) draft.row.values.resize(column + 1);
  draft.row.values[column] = JsonOf(absl::StrCat("{", draft.other, "}"));
}

void BatchRows::AddProperty(std::string_view name, element value, Place& place,
                            Draft& draft) {
  if (value.is_null()) return;
  const Target target = TargetOf(name, value, place);
  if (!target.has_column) {
    if (target.change != ValueChange::kNameTaken) {
      return AddOther(name, value, target.change, place, draft);
    }
    return Count(ValueChange::kNameTaken);
  }
  std::vector<Value>& values = draft.row.values;
  if (values.size() <= target.column) values.resize(target.column + 1);
  // A column that has a value already belongs to the property that came first.
  if (values[target.column].kind != Value::Kind::kNull) {
    return Count(ValueChange::kNameTaken);
  }
  const Value read =
      ValueOf(value, tables_[place.table].table.columns[target.column].type);
  if (read.kind == Value::Kind::kNull) {
    return AddOther(name, value, ValueChange::kOtherType, place, draft);
  }
  const std::size_t bytes = BytesInRow(read);
  if (draft.bytes + bytes + kOtherInRow > kRowBytes) {
    return AddOther(name, value, ValueChange::kRowFull, place, draft);
  }
  draft.bytes += bytes;
  values[target.column] = read;
}

void BatchRows::AddOther(std::string_view name, element value, ValueChange why,
                         Place& place, Draft& draft) {
  if (!MakeOtherColumn(place)) return Count(ValueChange::kNoColumn);
  Count(why);
  absl::StrAppend(&draft.other, draft.other.empty() ? "" : ",",
                  JsonString(name), ":", std::string(simdjson::minify(value)));
}

BatchRows::Target BatchRows::TargetOf(std::string_view name, element value,
                                      Place& place) {
  const auto found = place.by_property.find(name);
  if (found != place.by_property.end()) return found->second;
  Table& table = tables_[place.table].table;
  const std::string column = SnakeCase(name);
  Target target;
  if (IsCommonColumn(column)) {
    target.change = ValueChange::kNameTaken;
  } else if (std::find(kReservedNames.begin(), kReservedNames.end(), column) !=
             kReservedNames.end()) {
    target.change = ValueChange::kReservedName;
  } else if (const std::size_t there = FindColumn(table, column);
             there != kNoColumn) {
    target = {.has_column = true, .column = there};
  } else if (!limits_.may_add_columns || place.room == 0) {
    target.change = ValueChange::kMaxColumns;
  } else {
    --place.room;
    target = {.has_column = true, .column = table.columns.size()};
    table.columns.push_back({.name = column, .type = NewType(value)});
  }
  place.by_property.emplace(name, target);
  return target;
}

// False: it is not there and must not be added.
bool BatchRows::MakeOtherColumn(Place& place) {
  Table& table = tables_[place.table].table;
  const std::size_t found = FindColumn(table, kOtherProperties);
  if (found != kNoColumn) {
    return table.columns[found].type == ColumnType::kText;
  }
  if (!limits_.may_add_columns) return false;
  table.columns.push_back(
      {.name = std::string(kOtherProperties), .type = ColumnType::kText});
  return true;
}

Value BatchRows::ValueOf(element value, ColumnType type) {
  Value read;
  if (type == ColumnType::kInteger) {
    if (value.get(read.number) != simdjson::SUCCESS) return {};
    read.kind = Value::Kind::kInteger;
  } else if (type == ColumnType::kBoolean) {
    bool flag = false;
    if (value.get(flag) != simdjson::SUCCESS) return {};
    read = {.kind = Value::Kind::kBoolean, .number = flag ? 1 : 0};
  } else if (type == ColumnType::kText) {
    std::string_view text;
    if (value.get(text) == simdjson::SUCCESS) return TextOf(text);
    return JsonOf(simdjson::minify(value));
  }
  return read;
}

Value BatchRows::TextOf(std::string_view text) {
  if (text.find('\0') == std::string_view::npos) {
    return {.kind = Value::Kind::kText, .text = text};
  }
  Count(ValueChange::kNulReplaced);
  std::string& clean = texts_.emplace_back();
  for (const char c : text) {
    if (c == '\0') {
      clean += kReplacement;
    } else {
      clean += c;
    }
  }
  return {.kind = Value::Kind::kText, .text = clean};
}

Value BatchRows::TimeOf(absl::Time time) {
  return {.kind = Value::Kind::kTime,
          .number = absl::ToUnixMicros(time),
          .text = texts_.emplace_back(absl::FormatTime(
              "%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone()))};
}

// JSON as text, in which U+0000 would be an escape that PostgreSQL's functions
// for JSON refuse.
Value BatchRows::JsonOf(std::string json) {
  constexpr std::string_view kNul = "\\u0000";
  bool has_nul = false;
  for (std::size_t at = json.find('\\'); at != std::string::npos;
       at = json.find('\\', at)) {
    if (json.compare(at, kNul.size(), kNul) == 0) {
      json.replace(at, kNul.size(), kReplacement);
      at += kReplacement.size();
      has_nul = true;
    } else {
      at += 2;  // Whatever is escaped, a second backslash too.
    }
  }
  if (has_nul) Count(ValueChange::kNulReplaced);
  return {.kind = Value::Kind::kText,
          .text = texts_.emplace_back(std::move(json))};
}

}  // namespace segrid::receivers::warehouse
