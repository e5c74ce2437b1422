#include "server/rpc/tail_redactor.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>

#include <random>
#include <utility>

#include "core/catalog/catalog.h"
#include "core/crypto/sha256.h"

namespace segrid::rpc {
namespace {

constexpr char kHidden[] = "***";

// `https://host/***` of a URL; "***" of one without a host, or with a user.
std::string KeptHost(std::string url) {
  if (url.empty()) return url;
  const std::size_t scheme = url.find("://");
  const std::size_t host = scheme == std::string::npos ? 0 : scheme + 3;
  const std::size_t end = url.find_first_of("/?#", host);
  const bool has_user =
      url.substr(host, end - host).find('@') != std::string::npos;
  if (scheme == std::string::npos || has_user) return kHidden;
  if (end == std::string::npos) return url;
  return url.substr(0, end) + "/" + kHidden;
}

bool IsPersonal(std::string_view key) {
  return !key.empty() && catalog::Row(catalog::FindField(key)).privacy !=
                             catalog::Privacy::kPublic;
}

// What a person wrote, or comes from a field that is personal.
bool IsPersonal(const catalog::PropertyRow& row) {
  return row.rule == catalog::Rule::kSubject || IsPersonal(row.first) ||
         IsPersonal(row.second);
}

google::protobuf::Message& MessageOf(catalog::Place place,
                                     ::segrid::v1::Track& track) {
  if (place == catalog::Place::kProperties) return *track.mutable_properties();
  ::segrid::v1::TrackContext& context = *track.mutable_context();
  if (place == catalog::Place::kContext) return context;
  return *context.mutable_traits();
}

void HidePersonal(::segrid::v1::Track& track) {
  for (const catalog::PropertyRow& row : catalog::kProperties) {
    if (!IsPersonal(row)) continue;
    google::protobuf::Message& message = MessageOf(row.place, track);
    const google::protobuf::Reflection& values = *message.GetReflection();
    const google::protobuf::FieldDescriptor* const field =
        message.GetDescriptor()->FindFieldByNumber(row.number);
    if (row.type != catalog::Type::kString) {
      values.ClearField(&message, field);
    } else if (values.HasField(message, field)) {
      values.SetString(&message, field, kHidden);
    }
  }
}

}  // namespace

TailRedactor TailRedactor::WithRandomSeed() {
  std::random_device device;
  std::string seed;
  for (int i = 0; i < 8; ++i) seed += std::to_string(device());
  return TailRedactor(std::move(seed));
}

std::string TailRedactor::Digits(std::string_view person) const {
  if (person.empty()) return {};
  crypto::Sha256 sha;
  sha.Start();
  sha.Update(seed_);
  sha.Update(person);
  std::string digits(8, '\0');
  crypto::WriteHex(sha.Finish(), digits.size(), digits.data());
  return digits;
}

::segrid::v1::Track TailRedactor::Redact(std::string_view json) const {
  // Unknown members are what the source opted into, and go.
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  ::segrid::v1::Track track;
  if (!google::protobuf::util::JsonStringToMessage({json.data(), json.size()},
                                                   &track, options)
           .ok()) {
    return {};
  }
  track.set_anonymous_id(Digits(track.anonymous_id()));
  track.set_user_id(Digits(track.user_id()));
  ::segrid::v1::TrackProperties& properties = *track.mutable_properties();
  properties.clear_extra();
  std::string link = KeptHost(properties.link_url());
  HidePersonal(track);
  properties.set_link_url(std::move(link));
  return track;
}

}  // namespace segrid::rpc
