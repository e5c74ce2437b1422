// Signatures of JSON Web Tokens by RSA: RS256 of RFC 7518.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace segrid::crypto {

// A private RSA key.
//
// Ownership:     a value; copies share the key.
// Thread safety: as a const value; Sign() from any thread.
// Blocking:      computes only: about a millisecond for a key of 2,048 bits.
class Rs256Key {
 public:
  // Reads a PEM, also one whose line ends became `\n` in an environment
  // variable. INVALID_ARGUMENT/BAD_RSA_KEY: it is none, is smaller than 2,048
  // bits, or has a passphrase. The message repeats nothing of it.
  static absl::StatusOr<Rs256Key> Parse(std::string_view pem);

  // The signature of `text`, as bytes. INTERNAL/SIGNING_FAILED: OpenSSL has no
  // memory.
  absl::StatusOr<std::string> Sign(std::string_view text) const;

 private:
  explicit Rs256Key(std::shared_ptr<void> key) : key_(std::move(key)) {}

  std::shared_ptr<void> key_;  // An EVP_PKEY.
};

}  // namespace segrid::crypto
