// The `Authorization` header of a webhook, where one is asked for.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/crypto/sha256.h"

namespace segrid::webhook {

// Immutable. Thread safety: any thread. Blocking: never.
class Authorization {
 public:
  Authorization() = default;
  // Hashes in lower-case hex, of tokens and of `user:password` pairs; from a
  // valid configuration.
  Authorization(const std::vector<std::string>& bearer_sha256,
                const std::vector<std::string>& basic_sha256);

  // True if `header`, the value of `Authorization` ("" without one), is
  // `Bearer <token>` or `Basic <base64 of user:password>` with a known one.
  // Takes as long for a wrong one as for a right one.
  bool Allows(std::string_view header) const;

  // The token of `Bearer <token>`; nullopt for any other header.
  static std::optional<std::string_view> TokenOf(std::string_view header);

  // What is asked for, as `WWW-Authenticate` says it: "Bearer, Basic
  // realm=\"segrid\"". `takes_other_tokens`: also those that are not known
  // here.
  std::string challenge(bool takes_other_tokens) const;

 private:
  using Digests = std::vector<crypto::Sha256::Digest>;

  Digests bearer_;
  Digests basic_;
};

}  // namespace segrid::webhook
