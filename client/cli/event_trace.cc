#include "client/cli/event_trace.h"

#include <algorithm>
#include <cstddef>

#include "client/cli/argument_trace.h"
#include "client/cli/batch_tracks.h"
#include "client/cli/transform_offline.h"
#include "core/base/status_macros.h"
#include "core/catalog/catalog.h"
#include "core/codec/event.h"
#include "core/codec/json_reader.h"
#include "core/transform/convert.h"
#include "core/transform/outcome.h"
#include "core/transform/transformer.h"

namespace segrid::cli {
namespace {

using catalog::FieldId;
using codec::Kind;

std::string NameOf(catalog::Type type) {
  switch (type) {
    case catalog::Type::kString:
      return "a string";
    case catalog::Type::kInteger:
      return "an integer";
    case catalog::Type::kTime:
      return "a time";
    case catalog::Type::kBoolean:
      return "a boolean";
    case catalog::Type::kStringList:
      return "a list of strings";
    case catalog::Type::kObject:
      break;
  }
  return "an object";
}

std::string PlaceOf(const catalog::PropertyRow& row) {
  switch (row.place) {
    case catalog::Place::kProperties:
      return "properties." + std::string(row.name);
    case catalog::Place::kTraits:
      return "context.traits." + std::string(row.name);
    case catalog::Place::kContext:
      break;
  }
  return "context." + std::string(row.name);
}

// The switch of `personal` that leaves a field out; "" when none does.
std::string OmittedBy(std::string_view key,
                      const transform::Personal& personal) {
  using transform::Treatment;
  const FieldId id = catalog::FindField(key);
  if (id == catalog::kNoField) return "";
  switch (catalog::Row(id).privacy) {
    case catalog::Privacy::kEmail:
      return personal.email == Treatment::kKeep ? "" : "personal.email";
    case catalog::Privacy::kIp:
      return personal.ip == Treatment::kKeep ? "" : "personal.ip";
    case catalog::Privacy::kUserAgent:
      return personal.user_agent == Treatment::kKeep ? ""
                                                     : "personal.user_agent";
    default:
      return "";
  }
}

// Why a property that could take a field does not.
std::string WhyNot(const catalog::PropertyRow& row,
                   const transform::Options& options) {
  switch (row.when) {
    case catalog::When::kClick:
      return PlaceOf(row) + " is for click only";
    case catalog::When::kRecipientAct:
      return PlaceOf(row) + " is for the recipient's own acts only";
    case catalog::When::kSpecContext:
      return "";
    case catalog::When::kAlways:
      break;
  }
  const std::string omitted = OmittedBy(row.first, options.personal);
  if (!omitted.empty()) return omitted + " leaves out " + PlaceOf(row);
  return "another field gives " + PlaceOf(row);
}

void Append(std::string& list, const std::string& item,
            std::string_view joint = ", ") {
  if (item.empty()) return;
  if (!list.empty()) list.append(joint);
  list.append(item);
}

// Fields that give what is no property.
std::string TopLevelOf(std::string_view key) {
  if (key == "event") return "event";
  if (key == "timestamp") return "timestamp";
  if (key == "sg_event_id") return "messageId";
  return key == "email" ? "anonymousId" : "";
}

// The event, three times: as it came, for conversions, and for its Track.
struct Readings {
  codec::Event raw;
  codec::Event converted;
  codec::Event mapped;
  codec::Track track;
  transform::Transformer transformer;
};

codec::JsonReader::Step Read(std::string_view body, codec::JsonReader& reader,
                             codec::Event& event) {
  if (!reader.Open(body).ok()) return codec::JsonReader::Step::kError;
  return reader.Next(event);
}

bool Gives(const catalog::PropertyRow& row, std::string_view key,
           const codec::Event& converted) {
  if (row.rule != catalog::Rule::kFirstOf) return row.first == key;
  if (row.first == key) return true;
  const FieldId first = catalog::FindField(row.first);
  return row.second == key && !converted.Has(first);
}

bool HasExtra(const codec::Track& track, FieldId field, std::string_view name) {
  return std::any_of(track.extras.begin(), track.extras.end(),
                     [&](const codec::Extra& extra) {
                       return extra.field == field && extra.name.text() == name;
                     });
}

// Appends the opted-in properties that the field gave; true when the source
// opts into the field itself.
bool AppendExtras(FieldId id, const codec::Track& track,
                  const transform::Options& options, FieldTrace& trace) {
  const std::string key(catalog::Row(id).key);
  if (HasExtra(track, id, key)) Append(trace.becomes, "properties." + key);
  for (std::size_t i = 0; i < catalog::kDerivedCount; ++i) {
    const std::string name(catalog::kDerived[i].name);
    if (catalog::kDerived[i].from == key && (options.derived >> i & 1) != 0 &&
        HasExtra(track, catalog::kNoField, name)) {
      Append(trace.becomes, "properties." + name);
    }
  }
  return std::find(options.extra_fields.begin(), options.extra_fields.end(),
                   id) != options.extra_fields.end();
}

// Fills where the field goes, or why it does not.
void TraceUse(FieldId id, const Readings& readings,
              const transform::Options& options, FieldTrace& trace) {
  const std::string_view key = catalog::Row(id).key;
  trace.becomes = TopLevelOf(key);
  std::string why_not;
  bool known = !trace.becomes.empty();
  for (std::size_t i = 0; i < catalog::kProperties.size(); ++i) {
    const catalog::PropertyRow& row = catalog::kProperties[i];
    if (row.first != key && row.second != key) continue;
    known = true;
    const bool given = !readings.track.properties[i].missing();
    if (given && Gives(row, key, readings.converted)) {
      Append(trace.becomes, PlaceOf(row));
    } else {
      Append(why_not, WhyNot(row, options), "; ");
    }
  }
  const bool is_opted_in = AppendExtras(id, readings.track, options, trace);
  if (!trace.becomes.empty()) return;
  if (is_opted_in) {
    const std::string omitted = OmittedBy(key, options.personal);
    Append(trace.note, omitted.empty() ? "" : omitted + " leaves it out", "; ");
  } else if (known) {
    Append(trace.note, why_not, "; ");
  } else {
    Append(trace.note,
           "not in the mapping; extra_properties: [" + std::string(key) +
               "] sends it",
           "; ");
  }
}

// What conversion did to a value that came as `kind`.
std::string NoteOf(const transform::FieldCounts& counts, catalog::Type type,
                   Kind kind) {
  std::string note;
  const bool is_list = kind == Kind::kList;
  if (is_list || (kind == Kind::kObject && type == catalog::Type::kObject)) {
    const std::string part = is_list ? "an item" : "a member";
    if (counts.coerced > 0) note = part + " was converted";
    if (counts.dropped > 0) Append(note, part + " was dropped", "; ");
    return note;
  }
  if (counts.coerced > 0) note = "converted to " + NameOf(type);
  if (counts.dropped > 0) note = "dropped: is not " + NameOf(type);
  return note;
}

FieldTrace TraceField(FieldId id, Readings& readings,
                      const transform::Options& options, bool has_track) {
  const catalog::FieldRow& row = catalog::Row(id);
  FieldTrace trace;
  trace.key = row.key;
  trace.type = TypeName(readings.raw.Get(id).kind);
  const bool strict = row.key == "event" || row.key == "email";
  if (strict && !readings.raw.Get(id).is_text()) {
    trace.note = "is never converted: must be a string";
    return trace;
  }
  transform::FieldCounts counts;
  if (!strict) {
    const codec::Value value =
        transform::Convert(id, readings.converted, counts);
    readings.converted.Set(id, value);
  }
  trace.note = NoteOf(counts, row.type, readings.raw.Get(id).kind);
  if (!readings.converted.Has(id)) return trace;
  if (has_track) TraceUse(id, readings, options, trace);
  if (has_track && row.key == "sg_event_id") {
    const codec::Value value = readings.converted.Get(id);
    const std::string_view given =
        transform::PlainText(value, readings.converted.texts);
    if (!readings.track.message_id_text().starts_with(given)) {
      const bool is_placeholder =
          std::find(catalog::kPlaceholderIds.begin(),
                    catalog::kPlaceholderIds.end(),
                    given) != catalog::kPlaceholderIds.end();
      Append(trace.note,
             is_placeholder
                 ? "an id of documentation samples, so a hash of the event's "
                   "fields replaces it"
                 : "does not fit, so its hash replaces it",
             "; ");
    }
  }
  return trace;
}

void TraceFields(Readings& readings, const transform::Options& options,
                 EventTrace& trace) {
  const bool has_track = !trace.track.empty();
  for (std::size_t i = 0; i < catalog::kFieldCount; ++i) {
    const FieldId id = static_cast<FieldId>(i);
    if (!catalog::Row(id).parent.empty() || !readings.raw.Has(id)) continue;
    trace.fields.push_back(TraceField(id, readings, options, has_track));
  }
  for (std::size_t i = 0; i < readings.raw.custom_args.size(); ++i) {
    trace.fields.push_back(
        TraceCustomArg({readings.raw, readings.converted, readings.track}, i,
                       options, has_track));
  }
}

}  // namespace

absl::StatusOr<EventTrace> TraceEvent(std::string_view body,
                                      const transform::Options& options) {
  SEGRID_ASSIGN_OR_RETURN(const TransformAnswer answer,
                          TransformOffline(body, options));
  EventTrace trace;
  std::string_view track;
  if (BatchTracks(answer.batch_json).Next(track)) {
    trace.track = std::string(track);
    trace.outcome = "track";
  } else if (!answer.issues.empty()) {
    const auto& row = transform::Describe(answer.issues.front().reason);
    trace.outcome = std::string(row.name);
    trace.detail = std::string(row.detail);
  }
  Readings readings;
  codec::JsonReader raw;
  codec::JsonReader converted;
  codec::JsonReader mapped;
  using Step = codec::JsonReader::Step;
  if (Read(body, raw, readings.raw) != Step::kEvent ||
      Read(body, converted, readings.converted) != Step::kEvent ||
      Read(body, mapped, readings.mapped) != Step::kEvent) {
    return trace;  // No object: it has no fields.
  }
  const FieldId event = catalog::FindField("event");
  if (readings.raw.Get(event).is_text()) {
    trace.event = std::string(readings.raw.Get(event).text());
  }
  const transform::Reason reason =
      readings.transformer.Transform(readings.mapped, options, readings.track);
  if (reason == transform::Reason::kNone && !trace.track.empty()) {
    trace.detail =
        std::string(catalog::kEvents[readings.track.event_row].segment);
  }
  TraceFields(readings, options, trace);
  return trace;
}

}  // namespace segrid::cli
