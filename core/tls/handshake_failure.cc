#include "core/tls/handshake_failure.h"

#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

namespace segrid::tls {
namespace {

HandshakeFailure OfCertificate(long verify_result) {
  switch (verify_result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return HandshakeFailure::kExpired;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return HandshakeFailure::kUnknownAuthority;
    case X509_V_ERR_CERT_REJECTED:  // Said by the check of allowed_sans.
      return HandshakeFailure::kNameNotAllowed;
    default:
      return HandshakeFailure::kBadCertificate;
  }
}

}  // namespace

std::string_view AdviceFor(HandshakeFailure failure) {
  switch (failure) {
    case HandshakeFailure::kNoTls:
      return "a client speaks plain text to a listener with TLS; give the "
             "client TLS";
    case HandshakeFailure::kTlsAtPlain:
      return "a client speaks TLS to a listener without it; set tls of the "
             "listener, or turn TLS off at the client";
    case HandshakeFailure::kNoCertificate:
      return "a client showed no certificate, and client_ca wants one; give "
             "the client a certificate and its key";
    case HandshakeFailure::kUnknownAuthority:
      return "a client's certificate is of no authority in client_ca; renew "
             "it, or add its authority to client_ca";
    case HandshakeFailure::kExpired:
      return "a client's certificate has expired or is not valid yet; renew "
             "it, or check the clocks";
    case HandshakeFailure::kNameNotAllowed:
      return "a client's certificate has no name of allowed_sans; add the "
             "name, or use another certificate";
    case HandshakeFailure::kBadCertificate:
      return "a client's certificate cannot be used; is it one for clients?";
    case HandshakeFailure::kRefusedByClient:
      return "a client does not trust the listener's certificate; its "
             "authority and its name must be what the client expects";
    case HandshakeFailure::kNoCommonTls:
      return "a client has no version or cipher in common; it needs TLS 1.2 "
             "or 1.3";
    case HandshakeFailure::kClosed:
      return "a client went away; some do so without a word when they do not "
             "trust the listener's certificate, and so do probes of TCP";
    case HandshakeFailure::kTimeout:
      return "a client did not finish in time";
    case HandshakeFailure::kOther:
      break;
  }
  return "the client's own error says more";
}

HandshakeFailure HandshakeFailureOf(int reason, long verify_result) {
  switch (reason) {
    case 0:
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
      return HandshakeFailure::kClosed;
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_BAD_RECORD_TYPE:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
      return HandshakeFailure::kNoTls;
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return HandshakeFailure::kNoCertificate;
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      return OfCertificate(verify_result);
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      return HandshakeFailure::kNoCommonTls;
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
      return HandshakeFailure::kRefusedByClient;
    default:
      return HandshakeFailure::kOther;
  }
}

}  // namespace segrid::tls
