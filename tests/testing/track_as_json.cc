#include "tests/testing/track_as_json.h"

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/base/version.h"
#include "core/catalog/catalog.h"
#include "core/codec/json_text.h"

namespace segrid::testing {
namespace {

namespace json = boost::json;
using codec::Kind;
using codec::Value;

std::string IsoTime(std::int64_t milliseconds) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ",
                          absl::FromUnixMillis(milliseconds),
                          absl::UTCTimeZone());
}

json::object Library() {
  return {{"name", "segrid"}, {"version", std::string(base::kVersion)}};
}

std::string TextOf(const Value& value) {
  if (value.kind != Kind::kEscapedText) return std::string(value.text());
  std::vector<char> room(value.size);
  char* const end = codec::Unescape(value.text(), room.data());
  return std::string(room.data(), static_cast<std::size_t>(end - room.data()));
}

json::value AsJson(const Value& value) {
  switch (value.kind) {
    case Kind::kInteger:
      return value.integer;
    case Kind::kTrue:
    case Kind::kFalse:
      return value.kind == Kind::kTrue;
    case Kind::kList: {
      json::array items;
      for (std::uint32_t i = 0; i < value.size; ++i) {
        items.push_back(json::string(TextOf(value.items[i])));
      }
      return items;
    }
    case Kind::kText:
    case Kind::kCleanText:
    case Kind::kEscapedText:
      return json::string(TextOf(value));
    default:
      return "a value that no Track may have";
  }
}

json::value AsJson(const codec::Extra& extra, const codec::Event& event) {
  if (extra.value.kind != Kind::kObject) return AsJson(extra.value);
  json::object object;
  const catalog::Members members = catalog::MembersOf(extra.field);
  for (std::size_t i = 0; i < members.count; ++i) {
    const catalog::FieldId id{static_cast<std::uint8_t>(members.first + i)};
    if (event.Has(id)) object[catalog::Row(id).key] = AsJson(event.Get(id));
  }
  return object;
}

json::object PlaceAsJson(catalog::Place place, const codec::Track& track) {
  json::object object;
  for (std::size_t i = 0; i < catalog::kPropertyCount; ++i) {
    const catalog::PropertyRow& row = catalog::kProperties[i];
    if (row.place == place && !track.properties[i].missing()) {
      object[row.name] = AsJson(track.properties[i]);
    }
  }
  return object;
}

}  // namespace

json::value TrackAsJson(const codec::Track& track) {
  json::object properties = PlaceAsJson(catalog::Place::kProperties, track);
  for (const codec::Extra& extra : track.extras) {
    const auto [at, fresh] =
        properties.emplace(TextOf(extra.name), AsJson(extra, *track.event));
    if (!fresh) return json::string("a name stands twice");
  }
  json::object context = PlaceAsJson(catalog::Place::kContext, track);
  context["library"] = Library();
  context["traits"] = PlaceAsJson(catalog::Place::kTraits, track);
  json::object object{
      {"type", "track"},
      {"messageId", std::string(track.message_id_text())},
      {"event", std::string(catalog::kEvents[track.event_row].segment)},
      {"timestamp", IsoTime(track.timestamp_ms)},
      {"properties", std::move(properties)},
      {"context", std::move(context)}};
  if (track.has_anonymous_id) {
    object["anonymousId"] = std::string(track.anonymous_id_text());
  }
  if (!track.user_id.missing()) object["userId"] = AsJson(track.user_id);
  return object;
}

namespace {

void SetText(json::object& object, const char* name, const std::string& text) {
  if (!text.empty()) object[name] = text;
}

json::array AsJson(const google::protobuf::RepeatedPtrField<std::string>& all) {
  json::array items;
  for (const std::string& item : all) items.push_back(json::string(item));
  return items;
}

json::value AsJson(const v1::ExtraValue& value) {
  json::object object;
  switch (value.kind_case()) {
    case v1::ExtraValue::kStringValue:
      return json::string(value.string_value());
    case v1::ExtraValue::kIntegerValue:
      return value.integer_value();
    case v1::ExtraValue::kBoolValue:
      return value.bool_value();
    case v1::ExtraValue::kListValue:
      return AsJson(value.list_value().values());
    case v1::ExtraValue::kUrlOffset:
      if (value.url_offset().has_index()) {
        object["index"] = value.url_offset().index();
      }
      SetText(object, "type", value.url_offset().type());
      return object;
    case v1::ExtraValue::kPool:
      SetText(object, "name", value.pool().name());
      SetText(object, "id", value.pool().id());
      return object;
    case v1::ExtraValue::kNewsletter: {
      const v1::Newsletter& letter = value.newsletter();
      SetText(object, "newsletter_user_list_id",
              letter.newsletter_user_list_id());
      SetText(object, "newsletter_id", letter.newsletter_id());
      SetText(object, "newsletter_send_id", letter.newsletter_send_id());
      return object;
    }
    case v1::ExtraValue::KIND_NOT_SET:
      break;
  }
  return "an extra without a value";
}

json::object AsJson(const v1::TrackProperties& from) {
  json::object to;
  SetText(to, "email_type", from.email_type());
  SetText(to, "template_id", from.template_id());
  SetText(to, "email_subject", from.email_subject());
  if (from.has_test_phase()) to["test_phase"] = from.test_phase();
  if (from.has_unsubscribe_group_id()) {
    to["unsubscribe_group_id"] = from.unsubscribe_group_id();
  }
  SetText(to, "link_url", from.link_url());
  if (!from.categories().empty()) to["categories"] = AsJson(from.categories());
  SetText(to, "campaign_name", from.campaign_name());
  SetText(to, "campaign_id", from.campaign_id());
  SetText(to, "automation_name", from.automation_name());
  SetText(to, "automation_id", from.automation_id());
  SetText(to, "automation_step_id", from.automation_step_id());
  for (const auto& [name, value] : from.extra()) to[name] = AsJson(value);
  return to;
}

json::object AsJson(const v1::TrackContext& from) {
  json::object traits;
  SetText(traits, "email", from.traits().email());
  SetText(traits, "ip", from.traits().ip());
  SetText(traits, "user_agent", from.traits().user_agent());
  json::object to{{"library", Library()}, {"traits", std::move(traits)}};
  SetText(to, "ip", from.ip());
  SetText(to, "userAgent", from.user_agent());
  return to;
}

}  // namespace

json::value TrackAsJson(const v1::Track& track) {
  json::object object{
      {"type", "track"},
      {"messageId", track.message_id()},
      {"event", track.event()},
      {"timestamp", IsoTime(track.timestamp().seconds() * 1000 +
                            track.timestamp().nanos() / 1'000'000)},
      {"properties", AsJson(track.properties())},
      {"context", AsJson(track.context())}};
  SetText(object, "anonymousId", track.anonymous_id());
  SetText(object, "userId", track.user_id());
  return object;
}

}  // namespace segrid::testing
