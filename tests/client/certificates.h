// Certificates for tests, made when they run.

#pragma once

#include <string>

namespace segrid::tests {

// A certificate and its key in PEM.
struct Certificate {
  std::string cert;
  std::string key;
};

// A self-signed authority. Valid for a day. Two that one party knows need two
// names.
Certificate MakeAuthority(const std::string& name = "segrid test authority");

// A certificate for 127.0.0.1 and `name`, signed by `authority`. Valid for a
// day.
Certificate MakeCertificate(const Certificate& authority,
                            const std::string& name);

// One for 127.0.0.1 that ended an hour ago.
Certificate MakeExpiredCertificate(const Certificate& authority);

// The same as MakeCertificate with other names, in OpenSSL's form:
// `DNS:api.example.com,URI:…`.
Certificate MakeCertificateOfNames(const Certificate& authority,
                                   const std::string& names);

}  // namespace segrid::tests
