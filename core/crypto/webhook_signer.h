// Signs webhook bodies as SendGrid does.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace segrid::crypto {

inline constexpr const char* kWebhookSignatureHeader =
    "X-Twilio-Email-Event-Webhook-Signature";
inline constexpr const char* kWebhookTimestampHeader =
    "X-Twilio-Email-Event-Webhook-Timestamp";

// A private key: ECDSA over P-256 with SHA-256.
//
// Ownership:     copies share the key.
// Thread safety: any thread. Blocking: never; a signature takes some 25 us.
class WebhookSigner {
 public:
  // Reads a PEM file. INVALID_ARGUMENT: it cannot be read, or holds no private
  // key of the curve.
  static absl::StatusOr<WebhookSigner> Load(const std::string& path);
  static WebhookSigner Generate();

  // The signature of `timestamp` followed by `body`: base64 of DER.
  std::string Sign(std::string_view timestamp, std::string_view body) const;

  // As SendGrid shows it and `public_keys` of the configuration takes it:
  // base64 of a DER SubjectPublicKeyInfo.
  std::string PublicKey() const;
  // The private key, for Load().
  std::string Pem() const;

 private:
  explicit WebhookSigner(std::shared_ptr<void> key) : key_(std::move(key)) {}
  std::shared_ptr<void> key_;  // OpenSSL's EVP_PKEY, never changed.
};

}  // namespace segrid::crypto
