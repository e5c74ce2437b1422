#include "server/app/refusal_log.h"

#include <string>
#include <vector>

#include "core/base/error_info.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/rpc/error_status.h"
#include "tests/server/logging/captured_log.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/fake_executor.h"

namespace segrid::app {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

grpc::Status Refused(absl::StatusCode code, std::string_view reason) {
  return rpc::ToGrpcStatus(base::MakeError(code, reason, "canary@example.com"));
}

httpd::Answer OfWebhook(std::string_view webhook, std::string_view detail) {
  httpd::Answer answer = httpd::ErrorAnswer(401, "BAD_SIGNATURE", "why");
  answer.refusal.webhook = webhook;
  answer.refusal.detail = detail;
  return answer;
}

class RefusalLogTest : public ::testing::Test {
 protected:
  std::vector<std::string> Lines() { return captured_.Lines(); }

  testing::FakeClock clock_;
  testing::FakeExecutor executor_{clock_};
  logging::CapturedLog captured_{clock_};
  metrics::Refusals counts_;
  RefusalLog refusals_{captured_.log(), executor_, counts_};
};

TEST_F(RefusalLogTest, HandshakesAreOneLineInTenSecondsPerReason) {
  for (int i = 0; i < 100; ++i) {
    refusals_.OnHandshake("grpc", tls::HandshakeFailure::kNoCertificate);
    refusals_.OnHandshake("http", tls::HandshakeFailure::kNoCertificate);
  }
  const auto lines = Lines();
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(lines[0], AllOf(HasSubstr("TLS handshakes failed"),
                              HasSubstr(R"("listener":"grpc")"),
                              HasSubstr(R"("reason":"no_client_certificate")"),
                              HasSubstr(R"("handshakes":1)"),
                              HasSubstr("give the client a certificate")));
  executor_.Advance(absl::Seconds(10));
  EXPECT_THAT(Lines(), ::testing::Contains(HasSubstr(R"("handshakes":99)")));
}

TEST_F(RefusalLogTest, ClientsThatGoAwayAreNoWarningAndRarelyALine) {
  for (int i = 0; i < 100; ++i) {
    refusals_.OnHandshake("http", tls::HandshakeFailure::kClosed);
    executor_.Advance(absl::Seconds(5));
  }
  const auto lines = Lines();
  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_THAT(lines[0], AllOf(HasSubstr(R"("level":"info")"),
                              HasSubstr("clients left during")));
}

TEST_F(RefusalLogTest, RefusalsAreCounted) {
  refusals_.OnCall(
      Refused(absl::StatusCode::kUnauthenticated, "TOKEN_UNKNOWN"));
  refusals_.OnMessage(base::MakeError(absl::StatusCode::kInvalidArgument,
                                      "INVALID_JSON", "why"));
  refusals_.OnRequest("http", OfWebhook("news", "why"));
  metrics::Exposition out;
  counts_.AddTo(out);
  for (const char* sample : {R"({listener="grpc",reason="TOKEN_UNKNOWN"} 1)",
                             R"({listener="grpc",reason="INVALID_JSON"} 1)",
                             R"({listener="http",reason="BAD_SIGNATURE"} 1)"}) {
    EXPECT_THAT(out.Text(),
                HasSubstr(std::string("segrid_refusals_total") + sample));
  }
}

TEST_F(RefusalLogTest, CallsAreOneLineInTenSecondsPerReasonWithTheirNumber) {
  for (int i = 0; i < 500; ++i) {
    refusals_.OnCall(
        Refused(absl::StatusCode::kUnauthenticated, "TOKEN_UNKNOWN"));
    refusals_.OnCall(
        Refused(absl::StatusCode::kResourceExhausted, "OVERLOADED"));
  }
  auto lines = Lines();
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(
      lines[0],
      AllOf(HasSubstr("calls refused"), HasSubstr(R"("listener":"grpc")"),
            HasSubstr(R"("reason":"TOKEN_UNKNOWN")"), HasSubstr(R"("calls":1)"),
            Not(HasSubstr("canary"))));
  executor_.Advance(absl::Seconds(9));
  EXPECT_THAT(Lines(), IsEmpty());
  executor_.Advance(absl::Seconds(1));
  lines = Lines();
  ASSERT_THAT(lines, SizeIs(2));
  for (const std::string& line : lines) {
    EXPECT_THAT(line, HasSubstr(R"("calls":499)"));
  }
  executor_.Advance(absl::Minutes(1));
  EXPECT_THAT(Lines(), IsEmpty());
}

TEST_F(RefusalLogTest, MessagesOfStreamsCountWithTheCalls) {
  refusals_.OnCall(Refused(absl::StatusCode::kUnavailable, "QUEUE_FULL"));
  refusals_.OnMessage(base::MakeError(absl::StatusCode::kResourceExhausted,
                                      "QUEUE_FULL", "canary"));
  refusals_.OnMessage(absl::CancelledError());
  executor_.Advance(absl::Seconds(10));
  const auto lines = Lines();
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(lines[1], AllOf(HasSubstr(R"("reason":"QUEUE_FULL")"),
                              HasSubstr(R"("calls":1)")));
}

TEST_F(RefusalLogTest, WhoCancelsIsNotRefusedAndGrpcsOwnErrorsHaveTheirCode) {
  refusals_.OnCall(grpc::Status::OK);
  refusals_.OnCall(grpc::Status::CANCELLED);
  EXPECT_THAT(Lines(), IsEmpty());
  refusals_.OnCall({grpc::StatusCode::UNIMPLEMENTED, ""});
  EXPECT_THAT(Lines(), ElementsAre(HasSubstr(R"("reason":"UNIMPLEMENTED")")));
}

TEST_F(RefusalLogTest, WebhooksAreOneLinePerWebhookAndReasonWithTheLastDetail) {
  for (int i = 0; i < 10; ++i) {
    refusals_.OnRequest("http", OfWebhook("news", "first"));
    refusals_.OnRequest("http", OfWebhook("shop", "first"));
  }
  EXPECT_THAT(Lines(), ElementsAre(HasSubstr(R"("webhook":"news")"),
                                   HasSubstr(R"("webhook":"shop")")));
  refusals_.OnRequest("http", OfWebhook("news", "last"));
  executor_.Advance(absl::Seconds(10));
  const auto lines = Lines();
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(
      lines[0],
      AllOf(HasSubstr("webhook refused"), HasSubstr(R"("listener":"http")"),
            HasSubstr(R"("reason":"BAD_SIGNATURE")"),
            HasSubstr(R"("requests":10)"), HasSubstr(R"("detail":"last")")));
}

TEST_F(RefusalLogTest, RequestsThatReachNoWebhookAreOfTheirListener) {
  refusals_.OnRequest("http", httpd::ErrorAnswer(413, "BODY_TOO_LARGE", ""));
  refusals_.OnRequest("admin", httpd::ErrorAnswer(421, "UNKNOWN_HOST", ""));
  // A browser's icon; a probe that says no.
  refusals_.OnRequest("admin", httpd::ErrorAnswer(404, "NOT_FOUND", ""));
  httpd::Answer not_ready;
  not_ready.status = 503;
  refusals_.OnRequest("http", not_ready);
  EXPECT_THAT(Lines(), ElementsAre(AllOf(HasSubstr("requests refused"),
                                         HasSubstr(R"("listener":"http")"),
                                         HasSubstr("BODY_TOO_LARGE")),
                                   HasSubstr(R"("listener":"admin")")));
}

}  // namespace
}  // namespace segrid::app
