// Why a TLS handshake with a client has failed, in a few words.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace segrid::tls {

enum class HandshakeFailure : std::uint8_t {
  kNoTls,             // What came was no TLS.
  kTlsAtPlain,        // TLS came to a listener without it.
  kNoCertificate,     // The client showed none, and the listener wants one.
  kUnknownAuthority,  // The client's is of no authority of `client_ca`.
  kExpired,           // The client's has expired, or is not valid yet.
  kNameNotAllowed,    // The client's has no name of `allowed_sans`.
  kBadCertificate,    // The client's is wrong in another way.
  kRefusedByClient,   // The client does not trust the listener's.
  kNoCommonTls,       // No version or cipher in common.
  kClosed,            // The client went away in the middle.
  kTimeout,           // It took too long.
  kOther,
};
inline constexpr std::size_t kHandshakeFailureCount = 12;

// As metrics and the log name them, by HandshakeFailure.
inline constexpr std::array<std::string_view, kHandshakeFailureCount>
    kHandshakeFailureNames = {"no_tls",
                              "tls_to_plain_listener",
                              "no_client_certificate",
                              "unknown_client_authority",
                              "client_certificate_expired",
                              "client_name_not_allowed",
                              "bad_client_certificate",
                              "refused_by_client",
                              "no_common_tls",
                              "closed",
                              "timeout",
                              "other"};

// Tells an operator how to act on it.
std::string_view AdviceFor(HandshakeFailure failure);

// From OpenSSL's reason (ERR_GET_REASON; 0: none, the peer went away) and what
// its check of the client's certificate came to (X509_V_OK: none was wrong).
HandshakeFailure HandshakeFailureOf(int reason, long verify_result);

}  // namespace segrid::tls
