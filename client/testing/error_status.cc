#include "client/testing/error_status.h"

#include <string_view>

#include "core/base/error_info.h"
#include "segrid/rpc/v1/errors.pb.h"

namespace segrid::testing {
namespace {

template <typename Message>
void AddDetail(std::string_view url, const Message& message,
               rpc::v1::Status& status) {
  auto& detail = *status.add_details();
  detail.set_type_url(std::string(url));
  detail.set_value(message.SerializeAsString());
}

void AddErrorInfo(const Error& error, rpc::v1::Status& status) {
  rpc::v1::ErrorInfo info;
  info.set_reason(error.reason);
  info.set_domain(std::string(base::kErrorDomain));
  for (const auto& [key, value] : error.metadata) {
    (*info.mutable_metadata())[key] = value;
  }
  AddDetail(base::kErrorInfoUrl, info, status);
}

void AddFieldViolations(const Error& error, rpc::v1::Status& status) {
  rpc::v1::BadRequest request;
  for (const FieldViolation& violation : error.field_violations) {
    auto& made = *request.add_field_violations();
    made.set_field(violation.field);
    made.set_description(violation.description);
  }
  AddDetail(base::kBadRequestUrl, request, status);
}

void AddRetryDelay(std::chrono::nanoseconds delay, rpc::v1::Status& status) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(delay);
  rpc::v1::RetryInfo info;
  info.mutable_retry_delay()->set_seconds(seconds.count());
  info.mutable_retry_delay()->set_nanos(
      static_cast<std::int32_t>((delay - seconds).count()));
  AddDetail(base::kRetryInfoUrl, info, status);
}

}  // namespace

grpc::Status StatusFromError(const Error& error) {
  rpc::v1::Status details;
  details.set_code(static_cast<std::int32_t>(error.code));
  details.set_message(error.message);
  if (!error.reason.empty()) AddErrorInfo(error, details);
  if (!error.field_violations.empty()) AddFieldViolations(error, details);
  if (error.retry_delay) AddRetryDelay(*error.retry_delay, details);
  const bool plain = details.details().empty();
  return {static_cast<grpc::StatusCode>(error.code), error.message,
          plain ? std::string() : details.SerializeAsString()};
}

}  // namespace segrid::testing
