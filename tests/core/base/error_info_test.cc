// The payloads of errors, read by the generated messages that clients use.

#include "core/base/error_info.h"

#include <string>

#include "gtest/gtest.h"
#include "segrid/rpc/v1/errors.pb.h"

namespace segrid::base {
namespace {

template <typename Message>
Message Payload(const absl::Status& status, std::string_view url) {
  Message message;
  const auto payload =
      status.GetPayload(absl::string_view(url.data(), url.size()));
  EXPECT_TRUE(payload.has_value()) << url;
  if (payload.has_value()) {
    EXPECT_TRUE(message.ParseFromString(std::string(*payload))) << url;
  }
  return message;
}

TEST(ErrorInfo, SaysReasonAndDomain) {
  const absl::Status status = MakeError(absl::StatusCode::kResourceExhausted,
                                        "QUEUE_FULL", "the queue is full");
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(status.message(), "the queue is full");
  const auto info = Payload<rpc::v1::ErrorInfo>(status, kErrorInfoUrl);
  EXPECT_EQ(info.reason(), "QUEUE_FULL");
  EXPECT_EQ(info.domain(), "segrid");
  EXPECT_EQ(ReasonOf(status), "QUEUE_FULL");
}

TEST(ErrorInfo, TypeUrlsAreThoseOfGoogle) {
  EXPECT_EQ(kErrorInfoUrl, "type.googleapis.com/google.rpc.ErrorInfo");
  EXPECT_EQ(kBadRequestUrl, "type.googleapis.com/google.rpc.BadRequest");
  EXPECT_EQ(kRetryInfoUrl, "type.googleapis.com/google.rpc.RetryInfo");
}

TEST(ErrorInfo, StatusesOfOthersHaveNoReason) {
  EXPECT_EQ(ReasonOf(absl::OkStatus()), "");
  EXPECT_EQ(ReasonOf(absl::NotFoundError("x")), "");
  EXPECT_FALSE(RetryDelayOf(absl::UnavailableError("x")).has_value());
}

TEST(ErrorInfo, DamagedPayloadsAreNoReason) {
  absl::Status status = absl::NotFoundError("x");
  for (const char* bytes : {"", "\x0A", "\x0A\x7F", "\xFF\xFF", "\x0Bx"}) {
    status.SetPayload(kErrorInfoUrl.data(), absl::Cord(bytes));
    status.SetPayload(kRetryInfoUrl.data(), absl::Cord(bytes));
    EXPECT_EQ(ReasonOf(status), "");
    EXPECT_FALSE(RetryDelayOf(status).has_value());
  }
}

TEST(ErrorInfo, ReadsWhatTheGeneratedClassesWrite) {
  rpc::v1::ErrorInfo info;
  info.set_reason("R");
  info.set_domain("elsewhere");
  info.mutable_metadata()->insert({"k", "v"});
  rpc::v1::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(3);
  retry.mutable_retry_delay()->set_nanos(5);
  absl::Status status = absl::UnavailableError("x");
  status.SetPayload(kErrorInfoUrl.data(), absl::Cord(info.SerializeAsString()));
  status.SetPayload(kRetryInfoUrl.data(),
                    absl::Cord(retry.SerializeAsString()));
  EXPECT_EQ(ReasonOf(status), "R");
  EXPECT_EQ(RetryDelayOf(status), absl::Seconds(3) + absl::Nanoseconds(5));
}

TEST(ErrorInfo, AFieldErrorNamesTheField) {
  const absl::Status status =
      MakeFieldError("TOO_MANY_EVENTS", "events", "more than 10");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), "TOO_MANY_EVENTS");
  const auto request = Payload<rpc::v1::BadRequest>(status, kBadRequestUrl);
  ASSERT_EQ(request.field_violations_size(), 1);
  EXPECT_EQ(request.field_violations(0).field(), "events");
  EXPECT_EQ(request.field_violations(0).description(), "more than 10");
}

TEST(ErrorInfo, ViolationsKeepTheirOrderAndReplaceOlderOnes) {
  absl::Status status = MakeFieldError("R", "old", "old");
  const std::string long_text(300, 'x');
  SetFieldViolations(status, {{"events[3].email", long_text}, {"", "é"}});
  const auto request = Payload<rpc::v1::BadRequest>(status, kBadRequestUrl);
  ASSERT_EQ(request.field_violations_size(), 2);
  EXPECT_EQ(request.field_violations(0).field(), "events[3].email");
  EXPECT_EQ(request.field_violations(0).description(), long_text);
  EXPECT_EQ(request.field_violations(1).field(), "");
  EXPECT_EQ(request.field_violations(1).description(), "é");
  EXPECT_EQ(ReasonOf(status), "R");
}

TEST(ErrorInfo, RetryDelaysComeBackAsTheyWere) {
  for (const absl::Duration delay :
       {absl::ZeroDuration(), absl::Nanoseconds(1), absl::Milliseconds(500),
        absl::Seconds(1), absl::Seconds(300) + absl::Nanoseconds(999'999'999),
        absl::Hours(24 * 365)}) {
    absl::Status status =
        MakeError(absl::StatusCode::kUnavailable, "DRAINING", "stopping");
    SetRetryDelay(status, delay);
    const auto info = Payload<rpc::v1::RetryInfo>(status, kRetryInfoUrl);
    EXPECT_EQ(absl::Seconds(info.retry_delay().seconds()) +
                  absl::Nanoseconds(info.retry_delay().nanos()),
              delay);
    EXPECT_EQ(RetryDelayOf(status), delay);
    EXPECT_EQ(ReasonOf(status), "DRAINING");
  }
}

}  // namespace
}  // namespace segrid::base
