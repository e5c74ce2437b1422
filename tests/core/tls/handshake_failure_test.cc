#include "core/tls/handshake_failure.h"

#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace segrid::tls {
namespace {

TEST(HandshakeFailure, FollowsFromWhatOpensslSays) {
  const struct {
    int reason;
    long verified;
    HandshakeFailure failure;
  } kCases[] = {
      {0, X509_V_OK, HandshakeFailure::kClosed},
      {SSL_R_UNEXPECTED_EOF_WHILE_READING, X509_V_OK,
       HandshakeFailure::kClosed},
      {SSL_R_WRONG_VERSION_NUMBER, X509_V_OK, HandshakeFailure::kNoTls},
      {SSL_R_HTTP_REQUEST, X509_V_OK, HandshakeFailure::kNoTls},
      {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, X509_V_OK,
       HandshakeFailure::kNoCertificate},
      {SSL_R_CERTIFICATE_VERIFY_FAILED, X509_V_ERR_CERT_HAS_EXPIRED,
       HandshakeFailure::kExpired},
      {SSL_R_CERTIFICATE_VERIFY_FAILED, X509_V_ERR_CERT_NOT_YET_VALID,
       HandshakeFailure::kExpired},
      {SSL_R_CERTIFICATE_VERIFY_FAILED,
       X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
       HandshakeFailure::kUnknownAuthority},
      {SSL_R_CERTIFICATE_VERIFY_FAILED, X509_V_ERR_CERT_REJECTED,
       HandshakeFailure::kNameNotAllowed},
      {SSL_R_CERTIFICATE_VERIFY_FAILED, X509_V_ERR_INVALID_PURPOSE,
       HandshakeFailure::kBadCertificate},
      {SSL_R_UNSUPPORTED_PROTOCOL, X509_V_OK, HandshakeFailure::kNoCommonTls},
      {SSL_R_NO_SHARED_CIPHER, X509_V_OK, HandshakeFailure::kNoCommonTls},
      {SSL_R_TLSV1_ALERT_UNKNOWN_CA, X509_V_OK,
       HandshakeFailure::kRefusedByClient},
      {SSL_R_DECRYPTION_FAILED, X509_V_OK, HandshakeFailure::kOther},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(HandshakeFailureOf(test.reason, test.verified), test.failure)
        << test.reason;
  }
}

TEST(HandshakeFailure, HasANameAndAnAdviceOfItsOwn) {
  std::set<std::string_view> names;
  std::set<std::string_view> advices;
  for (std::size_t i = 0; i < kHandshakeFailureCount; ++i) {
    EXPECT_TRUE(names.insert(kHandshakeFailureNames[i]).second);
    EXPECT_TRUE(
        advices.insert(AdviceFor(static_cast<HandshakeFailure>(i))).second);
  }
}

}  // namespace
}  // namespace segrid::tls
