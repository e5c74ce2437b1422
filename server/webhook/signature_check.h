// Whether a request comes from SendGrid.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "core/crypto/ecdsa_p256.h"

namespace segrid::webhook {

inline constexpr std::string_view kSignatureHeader =
    "X-Twilio-Email-Event-Webhook-Signature";
inline constexpr std::string_view kTimestampHeader =
    "X-Twilio-Email-Event-Webhook-Timestamp";

enum class SignatureVerdict : std::uint8_t {
  kGood,
  kMissing,  // A header is missing, or stands twice.
  kStale,    // The timestamp is no number, or outside the replay window.
  kBad,      // It is no signature of ours over these bytes.
};

// The headers of a request; nullopt where one is missing or stands twice.
struct SignedHeaders {
  std::optional<std::string_view> signature{};  // Base64 of the DER.
  std::optional<std::string_view> timestamp{};  // As sent, part of what is
                                                // signed.
};

// Checks the bytes of `body` as they came over the wire against the headers.
// Any of `keys` may have signed. The timestamp must be within `window` of `now`
// in both directions; a zero window takes any.
//
// Thread safety: a function without state. Blocking: never; about 75 µs a key.
SignatureVerdict CheckSignature(const std::vector<crypto::EcdsaP256Key>& keys,
                                const SignedHeaders& headers,
                                std::string_view body, absl::Duration window,
                                absl::Time now);

}  // namespace segrid::webhook
