#include "bench/micro/generated_transform.h"

#include <array>
#include <cctype>
#include <ctime>
#include <string_view>
#include <unordered_map>

namespace segrid::bench {
namespace {

using segrid::v1::SendGridEvent;
using segrid::v1::Track;

struct EventType {
  std::string_view track;
  bool recipient_act;
};

const EventType* FindType(const SendGridEvent& event) {
  static const auto* const kTypes =
      new std::unordered_map<std::string_view, EventType>{
          {"processed", {"Email Processed", false}},
          {"delivered", {"Email Delivered", false}},
          {"open", {"Email Opened", true}},
          {"click", {"Email Link Clicked", true}},
          {"dropped", {"Email Dropped", false}},
          {"bounce", {"Email Bounced", false}},
          {"unsubscribe", {"Unsubscribed", true}},
          {"group_unsubscribe", {"Unsubscribed From Group", true}},
          {"group_resubscribe", {"Resubscribed To Group", true}},
          {"spamreport", {"Email Marked as Spam", true}}};
  static const EventType kMachine = {"Email Machine Opened", true};
  const auto found = kTypes->find(event.event());
  if (found == kTypes->end()) return nullptr;
  return event.event() == "open" && event.sg_machine_open() ? &kMachine
                                                            : &found->second;
}

const std::string& FirstOf(const std::string& a, const std::string& b) {
  return a.empty() ? b : a;
}

void FillProperties(const SendGridEvent& event, Track& track) {
  auto& properties = *track.mutable_properties();
  const bool single =
      event.mc_stats() == "singlesend" ||
      (event.mc_stats().empty() && !event.singlesend_id().empty());
  if (single) {
    properties.set_email_type("Singlesend");
    if (event.phase_id() == "test") properties.set_test_phase(true);
    if (event.phase_id() == "send") properties.set_test_phase(false);
  } else if (event.mc_stats() == "automation") {
    properties.set_email_type("Automation");
  }
  properties.set_template_id(
      FirstOf(event.template_id(), event.sg_template_id()));
  const auto subject = event.custom_args().find("subject");
  if (subject != event.custom_args().end()) {
    properties.set_email_subject(subject->second);
  }
  if (event.has_asm_group_id()) {
    properties.set_unsubscribe_group_id(event.asm_group_id());
  }
  if (event.event() == "click") properties.set_link_url(event.url());
  *properties.mutable_categories() = event.category();
  properties.set_campaign_name(
      FirstOf(event.singlesend_name(), event.marketing_campaign_name()));
  properties.set_campaign_id(
      FirstOf(event.singlesend_id(), event.marketing_campaign_id()));
  properties.set_automation_name(event.mc_auto_name());
  properties.set_automation_id(event.mc_auto_id());
  properties.set_automation_step_id(event.mc_auto_step_id());
}

std::string MessageId(const SendGridEvent& event, crypto::Sha256& sha256) {
  const std::string& id = event.sg_event_id();
  if (!id.empty() && id != "sg_event_id" &&
      id != "sendgrid_internal_event_id") {
    return id;
  }
  std::string text;
  for (const std::string& part :
       {event.event(), event.email(), std::to_string(event.timestamp()),
        event.sg_message_id(), event.url(),
        event.has_asm_group_id() ? std::to_string(event.asm_group_id())
                                 : std::string(),
        event.smtp_id(), event.reason()}) {
    text.append(part).append("\x1F");
  }
  constexpr std::size_t kDigits = 40;
  std::string made = "sg-" + std::string(kDigits, ' ');
  crypto::WriteHex(sha256.Hash(text), kDigits, made.data() + 3);
  return made;
}

std::string Hash(const std::string& email, crypto::Sha256& sha256) {
  std::string lower = email;
  for (char& c : lower) c = static_cast<char>(std::tolower(c));
  std::string hex(64, ' ');
  crypto::WriteHex(sha256.Hash(lower), 64, hex.data());
  return hex;
}

void AppendString(std::string_view text, std::string& json) {
  json += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') json += '\\';
    json += c;
  }
  json += '"';
}

void AppendMember(std::string_view name, const std::string& text,
                  std::string& json) {
  if (text.empty()) return;
  if (json.back() != '{') json += ',';
  AppendString(name, json);
  json += ':';
  AppendString(text, json);
}

std::string Iso(const google::protobuf::Timestamp& time) {
  const std::time_t seconds = time.seconds();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  const std::size_t size =
      std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S.000Z", &parts);
  return {text.data(), size};
}

void AppendProperties(const segrid::v1::TrackProperties& properties,
                      std::string& json) {
  json += ",\"properties\":{";
  AppendMember("email_type", properties.email_type(), json);
  AppendMember("template_id", properties.template_id(), json);
  AppendMember("email_subject", properties.email_subject(), json);
  AppendMember("link_url", properties.link_url(), json);
  AppendMember("campaign_name", properties.campaign_name(), json);
  AppendMember("campaign_id", properties.campaign_id(), json);
  AppendMember("automation_name", properties.automation_name(), json);
  AppendMember("automation_id", properties.automation_id(), json);
  AppendMember("automation_step_id", properties.automation_step_id(), json);
  const auto name = [&json](std::string_view text) {
    if (json.back() != '{') json += ',';
    AppendString(text, json);
    json += ':';
  };
  if (properties.has_test_phase()) {
    name("test_phase");
    json += properties.test_phase() ? "true" : "false";
  }
  if (properties.has_unsubscribe_group_id()) {
    name("unsubscribe_group_id");
    json += std::to_string(properties.unsubscribe_group_id());
  }
  if (properties.categories_size() > 0) {
    name("categories");
    json += '[';
    for (const std::string& category : properties.categories()) {
      if (json.back() != '[') json += ',';
      AppendString(category, json);
    }
    json += ']';
  }
  json += '}';
}

}  // namespace

void GeneratedTransform(const segrid::v1::TransformRequest& request,
                        crypto::Sha256& sha256,
                        segrid::v1::TransformResponse& response) {
  response.set_event_count(request.events_size());
  for (const SendGridEvent& event : request.events()) {
    const EventType* const type = FindType(event);
    if (type == nullptr || event.email().empty()) continue;
    Track& track = *response.add_tracks();
    track.set_message_id(MessageId(event, sha256));
    track.set_anonymous_id(Hash(event.email(), sha256));
    track.set_event(std::string(type->track));
    track.mutable_timestamp()->set_seconds(event.timestamp());
    FillProperties(event, track);
    auto& traits = *track.mutable_context()->mutable_traits();
    traits.set_email(event.email());
    if (type->recipient_act) {
      traits.set_ip(event.ip());
      traits.set_user_agent(event.useragent());
    }
  }
  response.set_track_count(response.tracks_size());
}

void GeneratedJson(const segrid::v1::TransformResponse& tracks,
                   std::string& json) {
  json += "{\"batch\":[";
  for (const Track& track : tracks.tracks()) {
    if (json.back() != '[') json += ',';
    json += "{\"type\":\"track\"";
    AppendMember("messageId", track.message_id(), json);
    AppendMember("anonymousId", track.anonymous_id(), json);
    AppendMember("event", track.event(), json);
    AppendMember("timestamp", Iso(track.timestamp()), json);
    AppendProperties(track.properties(), json);
    json +=
        ",\"context\":{\"library\":{\"name\":\"segrid\",\"version\":\"0.1.0\"}"
        ",\"traits\":{";
    AppendMember("email", track.context().traits().email(), json);
    AppendMember("ip", track.context().traits().ip(), json);
    AppendMember("user_agent", track.context().traits().user_agent(), json);
    json += "}}}";
  }
  json += "]}";
}

}  // namespace segrid::bench
