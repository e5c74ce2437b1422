// The server's side of TLS for HTTP.

#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "boost/asio/ssl/context.hpp"
#include "core/config/config.h"

namespace segrid::httpd {

// What connections of a listener share with each other; does not change.
struct TlsSettings {
  boost::asio::ssl::context context{boost::asio::ssl::context::tls_server};
  bool asks_for_certificates = false;
  std::vector<std::string> allowed_sans{};
  // A digest of all that decides which clients are let in. Sessions are resumed
  // only where it is the same, because who resumes one shows no certificate.
  std::string rules{};
};
using TlsContext = std::shared_ptr<TlsSettings>;

// Settings for `tls`: null without a certificate; TLS 1.2 or newer with one,
// and ciphers that authenticate what they encrypt (AEAD); clients must show a
// certificate of `client_ca` where that is set, and one with a name (DNS, URI
// or IP, each compared with names of its kind) of `allowed_sans` where there
// are any. The files are read once and checked.
//
// FAILED_PRECONDITION, BAD_CERTIFICATE: a file cannot be read or is no PEM, the
// key is not that of the certificate, or the certificate is not valid at `now`.
//
// Thread safety: any thread. Blocking: reads the files.
absl::StatusOr<TlsContext> MakeTlsContext(const config::Tls& tls,
                                          absl::Time now);

// True if both show the same certificate.
bool ShowTheSame(TlsSettings& one, TlsSettings& other);

// Lets `to` resume the sessions whose tickets `from` has given out. Both have
// the same rules.
void ShareTickets(TlsSettings& from, TlsSettings& to);

// Whether `settings` would let in the client of a connection that is open.
bool WouldAdmit(TlsSettings& settings, SSL* connection);

}  // namespace segrid::httpd
