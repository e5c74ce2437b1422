#include "server/webhook/signature_check.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "core/crypto/base64.h"

namespace segrid::webhook {
namespace {

// A DER signature of P-256 is at most 72 bytes.
constexpr std::size_t kMaxSignatureDigits = 96;
constexpr std::size_t kMaxTimestampBytes = 64;

// Clocks differ; nobody signs ahead of time. The window into the past is for
// SendGrid's retries, which may carry the time of the first post.
constexpr absl::Duration kMaxAhead = absl::Minutes(10);

bool IsWithin(std::string_view timestamp, absl::Duration window,
              absl::Time now) {
  std::int64_t seconds = 0;
  const char* const end = timestamp.data() + timestamp.size();
  const auto [stop, error] = std::from_chars(timestamp.data(), end, seconds);
  if (error != std::errc() || stop != end || timestamp.front() == '-') {
    return false;
  }
  const absl::Duration age = now - absl::FromUnixSeconds(seconds);
  return age <= window && age >= -kMaxAhead;
}

}  // namespace

SignatureVerdict CheckSignature(const std::vector<crypto::EcdsaP256Key>& keys,
                                const SignedHeaders& headers,
                                std::string_view body, absl::Duration window,
                                absl::Time now) {
  const std::string_view signature = headers.signature.value_or("");
  const std::string_view timestamp = headers.timestamp.value_or("");
  if (signature.empty() || timestamp.empty()) return SignatureVerdict::kMissing;
  if (signature.size() > kMaxSignatureDigits ||
      timestamp.size() > kMaxTimestampBytes) {
    return SignatureVerdict::kBad;
  }
  // First what costs nothing.
  if (window > absl::ZeroDuration() && !IsWithin(timestamp, window, now)) {
    return SignatureVerdict::kStale;
  }
  const std::optional<std::string> der = crypto::DecodeBase64(signature);
  const bool good = der.has_value() &&
                    std::any_of(keys.begin(), keys.end(), [&](const auto& key) {
                      return key.Verify(timestamp, body, *der);
                    });
  return good ? SignatureVerdict::kGood : SignatureVerdict::kBad;
}

}  // namespace segrid::webhook
