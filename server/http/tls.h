// The server's side of TLS for HTTP.

#pragma once

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/config/config.h"
#include "server/http/listener_state.h"

namespace segrid::httpd {

// A context for `tls`: null without a certificate; TLS 1.2 or newer with one;
// clients must show a certificate of `client_ca` where that is set, and one
// with a name (DNS, URI or IP) of `allowed_sans` where there are any. The files
// are read once and checked.
//
// FAILED_PRECONDITION, BAD_CERTIFICATE: a file cannot be read or is no PEM, the
// key is not that of the certificate, or the certificate is not valid at `now`.
//
// Thread safety: any thread. Blocking: reads the files.
absl::StatusOr<TlsContext> MakeTlsContext(const config::Tls& tls,
                                          absl::Time now);

// True if both show the same certificate.
bool ShowTheSame(boost::asio::ssl::context& one,
                 boost::asio::ssl::context& other);

}  // namespace segrid::httpd
