#include "server/rpc/error_status.h"

#include <string>

#include "absl/strings/cord.h"
#include "core/base/error_info.h"
#include "gtest/gtest.h"
#include "segrid/rpc/v1/errors.pb.h"

namespace segrid::rpc {
namespace {

v1::Status DetailsOf(const grpc::Status& status) {
  v1::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  return details;
}

v1::ErrorInfo InfoOf(const v1::Status& status) {
  v1::ErrorInfo info;
  EXPECT_EQ(status.details(0).type_url(),
            "type.googleapis.com/google.rpc.ErrorInfo");
  EXPECT_TRUE(info.ParseFromString(status.details(0).value()));
  return info;
}

TEST(ErrorStatus, LeavesOkAlone) {
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
}

TEST(ErrorStatus, CarriesCodeMessageAndAllDetails) {
  absl::Status status =
      base::MakeFieldError("BAD_INTERVAL", "interval", "must be 100 ms to 1 h");
  base::SetRetryDelay(status, absl::Milliseconds(1'500));
  const grpc::Status out = ToGrpcStatus(status);
  EXPECT_EQ(out.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(out.error_message(), "must be 100 ms to 1 h");
  const v1::Status details = DetailsOf(out);
  EXPECT_EQ(details.code(), 3);
  EXPECT_EQ(details.message(), out.error_message());
  ASSERT_EQ(details.details_size(), 3);
  EXPECT_EQ(InfoOf(details).reason(), "BAD_INTERVAL");
  EXPECT_EQ(InfoOf(details).domain(), "segrid");
  v1::BadRequest request;
  EXPECT_EQ(details.details(1).type_url(),
            "type.googleapis.com/google.rpc.BadRequest");
  ASSERT_TRUE(request.ParseFromString(details.details(1).value()));
  EXPECT_EQ(request.field_violations(0).field(), "interval");
  v1::RetryInfo retry;
  EXPECT_EQ(details.details(2).type_url(),
            "type.googleapis.com/google.rpc.RetryInfo");
  ASSERT_TRUE(retry.ParseFromString(details.details(2).value()));
  EXPECT_EQ(retry.retry_delay().seconds(), 1);
  EXPECT_EQ(retry.retry_delay().nanos(), 500'000'000);
}

TEST(ErrorStatus, GivesEveryErrorAnErrorInfo) {
  for (int code = 1; code <= 16; ++code) {
    const absl::Status status(static_cast<absl::StatusCode>(code), "why");
    const v1::Status details = DetailsOf(ToGrpcStatus(status));
    EXPECT_EQ(details.code(), code);
    EXPECT_EQ(InfoOf(details).reason(),
              absl::StatusCodeToString(status.code()));
  }
}

TEST(ErrorStatus, PutsTheFallbackBeforeOtherDetails) {
  absl::Status status = absl::UnavailableError("later");
  base::SetRetryDelay(status, absl::Seconds(1));
  const v1::Status details = DetailsOf(ToGrpcStatus(status));
  EXPECT_EQ(details.details_size(), 2);
  EXPECT_EQ(InfoOf(details).reason(), "UNAVAILABLE");
}

TEST(ErrorStatus, TellsWhenToComeBackWhileDraining) {
  EXPECT_EQ(base::ReasonOf(DrainingError()), "DRAINING");
  EXPECT_EQ(base::RetryDelayOf(DrainingError()), absl::Seconds(1));
}

}  // namespace
}  // namespace segrid::rpc
