#include "client/internal/error_from_status.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace segrid::internal {
namespace {

constexpr std::string_view kUrlPrefix = "type.googleapis.com/google.rpc.";

void AddErrorInfo(const std::string& bytes, Error& error) {
  rpc::v1::ErrorInfo info;
  if (!info.ParseFromString(bytes)) return;
  error.reason = info.reason();
  for (const auto& [key, value] : info.metadata()) error.metadata[key] = value;
}

void AddFieldViolations(const std::string& bytes, Error& error) {
  rpc::v1::BadRequest request;
  if (!request.ParseFromString(bytes)) return;
  for (const auto& violation : request.field_violations()) {
    error.field_violations.push_back(
        {violation.field(), violation.description()});
  }
}

void AddRetryDelay(const std::string& bytes, Error& error) {
  rpc::v1::RetryInfo info;
  if (!info.ParseFromString(bytes) || !info.has_retry_delay()) return;
  // No longer than a day, so that no sum with it overflows.
  const auto& delay = info.retry_delay();
  const std::chrono::nanoseconds sum =
      std::chrono::seconds(
          std::clamp<std::int64_t>(delay.seconds(), 0, 86'400)) +
      std::chrono::nanoseconds(std::max(delay.nanos(), 0));
  error.retry_delay = sum;
}

void AddDetails(const rpc::v1::Status& status, Error& error) {
  for (const google::protobuf::Any& detail : status.details()) {
    std::string_view type = detail.type_url();
    if (!type.starts_with(kUrlPrefix)) continue;
    type.remove_prefix(kUrlPrefix.size());
    if (type == "ErrorInfo") AddErrorInfo(detail.value(), error);
    if (type == "BadRequest") AddFieldViolations(detail.value(), error);
    if (type == "RetryInfo") AddRetryDelay(detail.value(), error);
  }
}

ErrorCode CodeFrom(int code) {
  const bool known = static_cast<int>(ErrorCode::kCancelled) <= code &&
                     code <= static_cast<int>(ErrorCode::kUnauthenticated);
  return known ? static_cast<ErrorCode>(code) : ErrorCode::kUnknown;
}

std::string OneLine(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; },
      ' ');
  return text;
}

}  // namespace

Error ErrorFromStatus(const grpc::Status& status) {
  Error error;
  error.code = CodeFrom(static_cast<int>(status.error_code()));
  error.message = OneLine(status.error_message());
  rpc::v1::Status details;
  if (details.ParseFromString(status.error_details())) {
    AddDetails(details, error);
  }
  return error;
}

Error ErrorFromStatus(const rpc::v1::Status& status) {
  Error error;
  error.code = CodeFrom(status.code());
  error.message = OneLine(status.message());
  AddDetails(status, error);
  return error;
}

}  // namespace segrid::internal
