// Signatures of Standard Webhooks (standardwebhooks.com), version 1.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace segrid::crypto {

// The key in `whsec_` and base64, or in base64 alone: 24 to 64 bytes. nullopt:
// it is none.
std::optional<std::string> ParseWebhookSecret(std::string_view secret);

// The value of `webhook-signature`: `v1,` and the base64 of the HMAC-SHA-256 of
// `parts`, one after the other: "<webhook-id>.<webhook-timestamp>.<body>".
// Empty when OpenSSL has no memory. Thread safety: any thread.
std::string SignWebhook(std::string_view key,
                        const std::vector<std::string_view>& parts);

}  // namespace segrid::crypto
