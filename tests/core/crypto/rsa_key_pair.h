// A fresh RSA key, and the check of what it signed.

#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace segrid::testing {

// Thread safety: any thread. Making one takes a tenth of a second.
class RsaKeyPair {
 public:
  explicit RsaKeyPair(unsigned bits = 2'048);

  // PKCS #8, encrypted if there is a `passphrase`.
  std::string PrivateKeyPem(const std::string& passphrase = "") const;
  // Whether `signature` (bytes) is one of RS256 over `text`.
  bool IsSigned(std::string_view text, std::string_view signature) const;

 private:
  std::shared_ptr<void> key_;
};

}  // namespace segrid::testing
