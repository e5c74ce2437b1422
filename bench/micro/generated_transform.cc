#include "bench/micro/generated_transform.h"

#include <array>
#include <cctype>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string_view>
#include <unordered_map>

#include "core/base/version.h"

namespace segrid::bench {
namespace {

using segrid::v1::Reason;
using segrid::v1::SendGridEvent;
using segrid::v1::Track;

constexpr std::int64_t kFirstMilliseconds = 100'000'000'000;
constexpr std::int64_t kLastMilliseconds = 253'402'300'799'999;
constexpr std::size_t kMaxMessageIdBytes = 64;
constexpr std::size_t kMaxTrackBytes = 32'000;
// The JSON of a smaller event is under the limit, whatever is escaped.
constexpr std::size_t kSurelyFits = 1024;

struct EventType {
  std::string_view track;
  bool recipient_act;
  bool selected = true;
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
          {"deferred", {"Email Deferred", false, false}},
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

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// Milliseconds since 1970; 0 when it is no time.
std::int64_t Milliseconds(std::int64_t timestamp) {
  if (timestamp <= 0 || timestamp > kLastMilliseconds) return 0;
  return timestamp < kFirstMilliseconds ? timestamp * 1000 : timestamp;
}

// REASON_UNSPECIFIED: the event gives a Track, unless it is too large.
Reason ReasonAgainst(const SendGridEvent& event, const EventType* type) {
  if (event.event().empty()) return v1::REASON_MISSING_EVENT;
  if (type == nullptr) return v1::REASON_UNSUPPORTED_EVENT;
  if (!type->selected) return v1::REASON_EVENT_NOT_SELECTED;
  if (Trim(event.email()).empty()) return v1::REASON_MISSING_EMAIL;
  if (Milliseconds(event.timestamp()) == 0) return v1::REASON_BAD_TIMESTAMP;
  return v1::REASON_UNSPECIFIED;
}

const std::string& FirstOf(const std::string& a, const std::string& b) {
  return a.empty() ? b : a;
}

std::string_view EmailType(const SendGridEvent& event) {
  if (event.mc_stats() == "singlesend") return "Singlesend";
  if (event.mc_stats() == "automation") return "Automation";
  if (!event.mc_stats().empty()) return {};
  if (!event.singlesend_id().empty()) return "Singlesend";
  return event.mc_auto_id().empty() ? std::string_view() : "Automation";
}

void SetSubject(const SendGridEvent& event,
                segrid::v1::TrackProperties& properties) {
  for (const char* const name : {"subject", "email_subject"}) {
    const auto found = event.custom_args().find(name);
    if (found == event.custom_args().end() || found->second.empty()) continue;
    properties.set_email_subject(found->second);
    return;
  }
}

void FillProperties(const SendGridEvent& event, Track& track) {
  auto& properties = *track.mutable_properties();
  const std::string_view email_type = EmailType(event);
  properties.set_email_type(std::string(email_type));
  if (email_type == "Singlesend") {
    if (event.phase_id() == "test") properties.set_test_phase(true);
    if (event.phase_id() == "send") properties.set_test_phase(false);
  }
  properties.set_template_id(
      FirstOf(event.template_id(), event.sg_template_id()));
  SetSubject(event, properties);
  if (event.has_asm_group_id()) {
    properties.set_unsubscribe_group_id(event.asm_group_id());
  }
  if (event.event() == "click") properties.set_link_url(event.url());
  for (const std::string& category : event.category()) {
    if (!category.empty()) properties.add_categories(category);
  }
  properties.set_campaign_name(
      FirstOf(event.singlesend_name(), event.marketing_campaign_name()));
  properties.set_campaign_id(
      FirstOf(event.singlesend_id(), event.marketing_campaign_id()));
  properties.set_automation_name(event.mc_auto_name());
  properties.set_automation_id(event.mc_auto_id());
  properties.set_automation_step_id(event.mc_auto_step_id());
}

bool IsLegalId(const std::string& id) {
  if (id.size() > kMaxMessageIdBytes) return false;
  for (const char c : id) {
    const bool is_legal = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                          c == '.' || c == '_' || c == '-';
    if (!is_legal) return false;
  }
  return true;
}

std::string MessageId(const SendGridEvent& event, crypto::Sha256& sha256) {
  const std::string& id = event.sg_event_id();
  const bool is_usable =
      !id.empty() && id != "sg_event_id" && id != "sendgrid_internal_event_id";
  if (is_usable && IsLegalId(id)) return id;
  std::string text;
  if (is_usable) {
    text = id;
  } else {
    for (const std::string& part :
         {event.event(), event.email(), std::to_string(event.timestamp()),
          event.sg_message_id(), event.url(),
          event.has_asm_group_id() ? std::to_string(event.asm_group_id())
                                   : std::string(),
          event.smtp_id(), event.reason()}) {
      text.append(part).append("\x1F");
    }
  }
  constexpr std::size_t kDigits = 40;
  std::string made = "sg-" + std::string(kDigits, ' ');
  crypto::WriteHex(sha256.Hash(text), kDigits, made.data() + 3);
  return made;
}

std::string Hash(std::string_view email, crypto::Sha256& sha256) {
  std::string lower(email);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  std::string hex(64, ' ');
  crypto::WriteHex(sha256.Hash(lower), 64, hex.data());
  return hex;
}

void AppendString(std::string_view text, std::string& json) {
  constexpr std::string_view kLetters = "btn?fr";  // Of \b, which is 8, and on.
  json += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (static_cast<unsigned char>(c) >= 0x20) {
      json += c;
    } else if (c >= '\b' && c <= '\r' && c != '\v') {
      json += '\\';
      json += kLetters[static_cast<std::size_t>(c - '\b')];
    } else {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", c);
      json += escape.data();
    }
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
      std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S.", &parts);
  std::snprintf(text.data() + size, text.size() - size, "%03dZ",
                time.nanos() / 1'000'000);
  return text.data();
}

// In the order of the table of docs/mapping.md.
void AppendProperties(const segrid::v1::TrackProperties& properties,
                      std::string& json) {
  const auto name = [&json](std::string_view text) {
    if (json.back() != '{') json += ',';
    AppendString(text, json);
    json += ':';
  };
  json += ",\"properties\":{";
  AppendMember("email_type", properties.email_type(), json);
  AppendMember("template_id", properties.template_id(), json);
  AppendMember("email_subject", properties.email_subject(), json);
  if (properties.has_test_phase()) {
    name("test_phase");
    json += properties.test_phase() ? "true" : "false";
  }
  if (properties.has_unsubscribe_group_id()) {
    name("unsubscribe_group_id");
    json += std::to_string(properties.unsubscribe_group_id());
  }
  AppendMember("link_url", properties.link_url(), json);
  if (properties.categories_size() > 0) {
    name("categories");
    json += '[';
    for (const std::string& category : properties.categories()) {
      if (json.back() != '[') json += ',';
      AppendString(category, json);
    }
    json += ']';
  }
  AppendMember("campaign_name", properties.campaign_name(), json);
  AppendMember("campaign_id", properties.campaign_id(), json);
  AppendMember("automation_name", properties.automation_name(), json);
  AppendMember("automation_id", properties.automation_id(), json);
  AppendMember("automation_step_id", properties.automation_step_id(), json);
  json += '}';
}

void AppendTrack(const Track& track, std::string& json) {
  json += "{\"type\":\"track\"";
  AppendMember("messageId", track.message_id(), json);
  AppendMember("anonymousId", track.anonymous_id(), json);
  AppendMember("event", track.event(), json);
  AppendMember("timestamp", Iso(track.timestamp()), json);
  AppendProperties(track.properties(), json);
  json += ",\"context\":{\"library\":{\"name\":\"segrid\",\"version\":\"";
  json += base::kVersion;
  json += "\"},\"traits\":{";
  AppendMember("email", track.context().traits().email(), json);
  AppendMember("ip", track.context().traits().ip(), json);
  AppendMember("user_agent", track.context().traits().user_agent(), json);
  json += "}}}";
}

bool IsTooLarge(const SendGridEvent& event, const Track& track) {
  if (event.ByteSizeLong() <= kSurelyFits) return false;
  std::string json;
  AppendTrack(track, json);
  return json.size() > kMaxTrackBytes;
}

void FillTrack(const SendGridEvent& event, const EventType& type,
               crypto::Sha256& sha256, Track& track) {
  track.set_message_id(MessageId(event, sha256));
  track.set_anonymous_id(Hash(Trim(event.email()), sha256));
  track.set_event(std::string(type.track));
  const std::int64_t milliseconds = Milliseconds(event.timestamp());
  auto& time = *track.mutable_timestamp();
  time.set_seconds(milliseconds / 1000);
  time.set_nanos(static_cast<std::int32_t>(milliseconds % 1000 * 1'000'000));
  FillProperties(event, track);
  auto& traits = *track.mutable_context()->mutable_traits();
  traits.set_email(event.email());
  if (type.recipient_act) {
    traits.set_ip(event.ip());
    traits.set_user_agent(event.useragent());
  }
}

void AddIssue(int index, Reason reason,
              segrid::v1::TransformResponse& response) {
  const bool is_skipped = reason == v1::REASON_UNSUPPORTED_EVENT ||
                          reason == v1::REASON_EVENT_NOT_SELECTED;
  auto& issue = *response.add_issues();
  issue.set_index(index);
  issue.set_outcome(is_skipped ? v1::OUTCOME_SKIPPED : v1::OUTCOME_REJECTED);
  issue.set_reason(reason);
  if (is_skipped) {
    response.set_skipped_count(response.skipped_count() + 1);
  } else {
    response.set_rejected_count(response.rejected_count() + 1);
  }
}

}  // namespace

void GeneratedTransform(const segrid::v1::TransformRequest& request,
                        crypto::Sha256& sha256,
                        segrid::v1::TransformResponse& response) {
  response.set_event_count(request.events_size());
  for (int i = 0; i < request.events_size(); ++i) {
    const SendGridEvent& event = request.events(i);
    const EventType* const type = FindType(event);
    Reason reason = ReasonAgainst(event, type);
    if (reason == v1::REASON_UNSPECIFIED) {
      Track& track = *response.add_tracks();
      FillTrack(event, *type, sha256, track);
      if (!IsTooLarge(event, track)) continue;
      response.mutable_tracks()->RemoveLast();
      reason = v1::REASON_TOO_LARGE;
    }
    AddIssue(i, reason, response);
  }
  response.set_track_count(response.tracks_size());
}

void GeneratedJson(const segrid::v1::TransformResponse& tracks,
                   std::string& json) {
  json += "{\"batch\":[";
  for (const Track& track : tracks.tracks()) {
    if (json.back() != '[') json += ',';
    AppendTrack(track, json);
  }
  json += "]}";
}

}  // namespace segrid::bench
