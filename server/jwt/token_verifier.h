// Whether a JSON Web Token is good here.

#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/config/config.h"
#include "server/jwt/fetched_keys.h"
#include "server/jwt/key_set.h"

namespace segrid::jwt {

enum class Verdict : std::uint8_t {
  kGood,
  kRefused,
  // It names a key that is being fetched: it is worth coming again.
  kKeysMissing,
};

// Takes a token when all of this holds: RS256 or ES256, signed by a key of the
// issuer's, `iss` and `aud` are as configured, `exp` is there and not over, and
// `nbf` and `iat`, where they are there, not to come, give or take the leeway.
//
// Thread safety: any thread. Blocking: never, but for Create.
class TokenVerifier {
 public:
  // `options` is valid and has an issuer. `fetched` are the keys of jwks_url;
  // null without one. Reads jwks_file.
  // INVALID_ARGUMENT, BAD_JWT_KEY / BAD_JWKS: keys cannot be read; the message
  // says which, and why.
  static absl::StatusOr<std::shared_ptr<const TokenVerifier>> Create(
      const config::Jwt& options, std::shared_ptr<FetchedKeys> fetched);

  Verdict Verify(std::string_view token, absl::Time now) const;

 private:
  explicit TokenVerifier(config::Jwt options) : options_(std::move(options)) {}

  const config::Jwt options_;
  std::vector<std::shared_ptr<const KeySet>> own_;  // Of the configuration.
  std::shared_ptr<FetchedKeys> fetched_;
};

}  // namespace segrid::jwt
