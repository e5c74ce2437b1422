// A TLS handshake that goes on where a client would stop, to see what is wrong.

#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "client/client_options.h"
#include "client/internal/probe_socket.h"

namespace segrid::internal {

// How far a handshake came, and what it showed. Plain values.
struct TlsOutcome {
  bool is_no_tls = false;   // The first bytes were something else.
  std::string first_bytes;  // Of the server.
  bool is_done = false;     // On this side.
  bool is_closed = false;   // The server ended the connection.
  bool asked_for_certificate = false;
  int error = 0;           // OpenSSL's reason, such as an alert's; 0: none.
  long verify_result = 0;  // X509_V_OK or what is wrong.
  bool has_name = false;   // The certificate is for the server's name.
  bool speaks_http2 = false;
  std::string names;   // That the certificate is for.
  std::string issuer;  // Who has signed it.
  std::string begins;  // When it begins and ceases to be valid.
  std::string ends;
  std::string wanted_authorities;  // Of client certificates.
  std::string own_ended;  // When the own certificate ended; empty: it is valid.
};

// Shakes hands over `socket`, which is connected, and sends the beginning of
// HTTP/2, because a server that refuses the client's certificate says so only
// then. `name` is the server's. Files that cannot be read are left out: who
// made the channel has checked them.
TlsOutcome ShakeHands(ProbeSocket& socket, const TlsOptions& tls,
                      const std::string& name);

}  // namespace segrid::internal
