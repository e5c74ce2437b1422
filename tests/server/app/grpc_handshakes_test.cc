#include "server/app/grpc_handshakes.h"

#include <openssl/x509_vfy.h>

#include "gtest/gtest.h"

namespace segrid::app {
namespace {

using tls::HandshakeFailure;

TEST(GrpcHandshakes, ReadsTheReasonInWhatGrpcWrites) {
  const struct {
    const char* line;
    long verified;
    HandshakeFailure failure;
  } kCases[] = {
      {"Handshaking failed: UNKNOWN:Tls handshake failed: SSL_ERROR_SSL: "
       "error:0A00010B:SSL routines::wrong version number {…}",
       X509_V_OK, HandshakeFailure::kNoTls},
      {"Handshaking failed: UNKNOWN:Tls handshake failed: SSL_ERROR_SSL: "
       "error:0A0000C7:SSL routines::peer did not return a certificate",
       X509_V_OK, HandshakeFailure::kNoCertificate},
      {"Handshaking failed: UNKNOWN:Tls handshake failed: SSL_ERROR_SSL: "
       "error:0A000086:SSL routines::certificate verify failed",
       X509_V_ERR_CERT_HAS_EXPIRED, HandshakeFailure::kExpired},
      {"Handshaking failed: UNKNOWN:Tls handshake failed: SSL_ERROR_SSL: "
       "error:0A000086:SSL routines::certificate verify failed",
       X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
       HandshakeFailure::kUnknownAuthority},
      {"Handshaking failed: UNKNOWN:Handshake read failed {file_line:487, "
       "children:[INTERNAL:Socket closed {fd:34}]}",
       X509_V_OK, HandshakeFailure::kClosed},
      {"Handshaking failed: UNKNOWN:Handshake read failed {children:[UNKNOWN:"
       "Connection reset by peer]}",
       X509_V_OK, HandshakeFailure::kClosed},
      {"Handshaking failed: UNKNOWN:Handshaker shutdown", X509_V_OK,
       HandshakeFailure::kTimeout},
      {"Handshaking failed: ", X509_V_OK, HandshakeFailure::kOther},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(HandshakeFailureFrom(test.line, test.verified), test.failure)
        << test.line;
  }
}

}  // namespace
}  // namespace segrid::app
