// The public keys of an issuer of tokens.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace segrid::jwt {

// The algorithms that are taken. A token names its own, but a key is good for
// one only: else a public key could be used as the secret of another.
enum class Algorithm : std::uint8_t {
  kRs256,  // RSA of 2,048 bits or more, SHA-256.
  kEs256,  // ECDSA over P-256, SHA-256.
};

enum class KeyMatch : std::uint8_t {
  kSigned,      // One of the keys has signed the token.
  kNotSigned,   // The keys that may have are others.
  kUnknownKey,  // The token names a key that is not here.
};

// Immutable. Thread safety: any thread. Blocking: never.
class KeySet {
 public:
  // PEM texts, each with a public key. They have no names, so they may have
  // signed any token. INVALID_ARGUMENT, BAD_JWT_KEY: one is no such key; the
  // message says which, and why.
  static absl::StatusOr<std::shared_ptr<const KeySet>> FromPem(
      const std::vector<std::string>& texts);

  // A JWK set (RFC 7517). Keys for other purposes and algorithms are left out.
  // INVALID_ARGUMENT, BAD_JWKS: it is none, or has no key that can be used.
  static absl::StatusOr<std::shared_ptr<const KeySet>> FromJwks(
      std::string_view json);

  ~KeySet();
  KeySet(const KeySet&) = delete;
  KeySet& operator=(const KeySet&) = delete;

  // Whether one of the keys for `algorithm` has signed `token`, which is in the
  // compact form and says that algorithm. Where token and key have a name
  // (`kid`), the names must be the same.
  KeyMatch Verify(std::string_view token, Algorithm algorithm,
                  const std::optional<std::string>& key_name) const;

 private:
  struct Key;
  KeySet();

  std::vector<Key> keys_;
};

}  // namespace segrid::jwt
