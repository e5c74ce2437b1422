#include "server/rpc/tail_redactor.h"

#include <google/protobuf/util/json_util.h>

#include <random>

#include "core/crypto/sha256.h"

namespace segrid::rpc {
namespace {

constexpr char kHidden[] = "***";

void Hide(std::string* text) {
  if (!text->empty()) *text = kHidden;
}

// `https://host/…` as far as the host, which may not have a user's name.
void KeepHost(std::string* url) {
  if (url->empty()) return;
  const std::size_t scheme = url->find("://");
  const std::size_t host = scheme == std::string::npos ? 0 : scheme + 3;
  const std::size_t end = url->find_first_of("/?#", host);
  const bool has_user =
      url->substr(host, end - host).find('@') != std::string::npos;
  if (scheme == std::string::npos || has_user) return Hide(url);
  if (end == std::string::npos) return;
  url->resize(end);
  url->append("/").append(kHidden);
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
  Hide(properties.mutable_email_subject());
  KeepHost(properties.mutable_link_url());
  ::segrid::v1::TrackContext& context = *track.mutable_context();
  Hide(context.mutable_ip());
  Hide(context.mutable_user_agent());
  Hide(context.mutable_traits()->mutable_email());
  Hide(context.mutable_traits()->mutable_ip());
  Hide(context.mutable_traits()->mutable_user_agent());
  return track;
}

}  // namespace segrid::rpc
