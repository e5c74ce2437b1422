#include "client/cli/signature_report.h"

#include <cstdint>

#include "absl/strings/numbers.h"
#include "core/crypto/base64.h"
#include "core/crypto/webhook_signer.h"

namespace segrid::cli {
namespace {

// A webhook takes these ages unless its replay_window says otherwise.
constexpr absl::Duration kMaxAge = absl::Hours(26);
constexpr absl::Duration kMaxAhead = absl::Minutes(10);

// Why a header cannot be used; "" when it can.
std::string WhyNot(const Post& post, const char* header) {
  const std::size_t count = post.CountOf(header);
  if (count == 1 && !post.Header(header)->empty()) return "";
  if (count == 1) return std::string("the header ") + header + " is empty";
  if (count > 1) {
    return std::string("the header ") + header + " is there " +
           std::to_string(count) + " times";
  }
  return std::string("the header ") + header + " is missing";
}

// `made 3s ago`.
std::string AgeOf(std::string_view timestamp, absl::Time now) {
  std::int64_t seconds = 0;
  if (!absl::SimpleAtoi(absl::string_view(timestamp.data(), timestamp.size()),
                        &seconds)) {
    return "its timestamp is no number of seconds";
  }
  const absl::Duration age =
      absl::Trunc(now - absl::FromUnixSeconds(seconds), absl::Seconds(1));
  if (age == absl::ZeroDuration()) return "made just now";
  std::string text = age < absl::ZeroDuration()
                         ? "made " + absl::FormatDuration(-age) +
                               " in the future, by this machine's clock"
                         : "made " + absl::FormatDuration(age) + " ago";
  if (age > kMaxAge || age < -kMaxAhead) {
    text += ", which a webhook refuses unless its replay_window is longer or 0";
  }
  return text;
}

}  // namespace

SignatureReport ReportSignature(const Post& post,
                                const std::optional<crypto::EcdsaP256Key>& key,
                                absl::Time now) {
  const std::string no_signature =
      WhyNot(post, crypto::kWebhookSignatureHeader);
  const std::string no_timestamp =
      WhyNot(post, crypto::kWebhookTimestampHeader);
  if (!no_signature.empty() || !no_timestamp.empty()) {
    const bool both = !no_signature.empty() && !no_timestamp.empty();
    return {false, "not signed: " + no_signature + (both ? ", and " : "") +
                       no_timestamp};
  }
  const std::string_view timestamp =
      *post.Header(crypto::kWebhookTimestampHeader);
  const std::string age = AgeOf(timestamp, now);
  if (!key) {
    return {false, "signed, " + age + "; with --key it would be checked"};
  }
  const auto der =
      crypto::DecodeBase64(*post.Header(crypto::kWebhookSignatureHeader));
  if (!der) {
    return {false, "wrong: the header " +
                       std::string(crypto::kWebhookSignatureHeader) +
                       " is no base64"};
  }
  if (key->Verify(timestamp, post.body, *der)) return {true, "ok, " + age};
  return {false,
          "wrong: this key did not sign these bytes, so another key did, or "
          "something on the way changed the body or the timestamp; " +
              age};
}

}  // namespace segrid::cli
