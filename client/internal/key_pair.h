// Whether PEM files are what they should be, before gRPC silently has no
// connection because of them.

#pragma once

#include <optional>
#include <string>

namespace segrid::internal {

// What is wrong, and with which.
struct BadPem {
  enum class Which { kCertificate, kKey };
  Which which;
  const char* what;
};

// Why the text of a PEM file holds no certificate; nullopt when it does.
std::optional<BadPem> CheckCertificate(const std::string& pem);

// Why a certificate cannot be used with a key; nullopt when it can. Never asks
// for a password: keys that have one cannot be used.
std::optional<BadPem> CheckKeyPair(const std::string& certificate,
                                   const std::string& key);

}  // namespace segrid::internal
