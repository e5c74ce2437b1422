#include "server/metrics/refusals.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace segrid::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string TextOf(const Refusals& refusals) {
  Exposition out;
  refusals.AddTo(out);
  return out.Text();
}

TEST(Refusals, CountsByListenerAndReason) {
  Refusals refusals;
  refusals.Add("grpc", "TOKEN_UNKNOWN");
  refusals.Add("grpc", "TOKEN_UNKNOWN");
  refusals.Add("http", "TOKEN_UNKNOWN");
  refusals.AddHandshake("http", tls::HandshakeFailure::kExpired);
  const std::string text = TextOf(refusals);
  EXPECT_THAT(text, HasSubstr("segrid_refusals_total{listener=\"grpc\","
                              "reason=\"TOKEN_UNKNOWN\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("segrid_refusals_total{listener=\"http\","
                              "reason=\"TOKEN_UNKNOWN\"} 1\n"));
  EXPECT_THAT(text,
              HasSubstr("segrid_handshake_failures_total{listener=\"http\","
                        "reason=\"client_certificate_expired\"} 1\n"));
  EXPECT_THAT(text,
              HasSubstr("segrid_handshake_failures_total{listener=\"grpc\","
                        "reason=\"client_certificate_expired\"} 0\n"))
      << "each series is there from the start";
}

TEST(Refusals, HasSoManySeriesAndNoMore) {
  Refusals refusals;
  for (std::size_t i = 0; i < Refusals::kMaxReasons + 50; ++i) {
    refusals.Add("grpc", "REASON_" + std::to_string(i));
  }
  refusals.Add("grpc", "REASON_0");
  const std::string text = TextOf(refusals);
  EXPECT_THAT(text, HasSubstr("reason=\"REASON_0\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("reason=\"OTHER\"} 50\n"));
  EXPECT_THAT(text, Not(HasSubstr("REASON_200")));
}

}  // namespace
}  // namespace segrid::metrics
