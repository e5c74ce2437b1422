#include "server/rpc/error_status.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/base/error_info.h"
#include "segrid/rpc/v1/errors.pb.h"

namespace segrid::rpc {
namespace {

using Payload = std::pair<std::string, std::string>;  // Type URL, bytes.

// Places the ErrorInfo first and makes the order of the rest a fixed one.
bool ComesBefore(const Payload& a, const Payload& b) {
  const bool a_is_info = a.first == base::kErrorInfoUrl;
  const bool b_is_info = b.first == base::kErrorInfoUrl;
  return a_is_info != b_is_info ? a_is_info : a.first < b.first;
}

// When to ask again after an error that says nothing of it.
constexpr int kRetrySeconds = 1;

std::string FallbackRetryInfo() {
  v1::RetryInfo info;
  info.mutable_retry_delay()->set_seconds(kRetrySeconds);
  return info.SerializeAsString();
}

std::string FallbackErrorInfo(absl::StatusCode code) {
  v1::ErrorInfo info;
  info.set_reason(absl::StatusCodeToString(code));
  info.set_domain(std::string(base::kErrorDomain));
  return info.SerializeAsString();
}

}  // namespace

std::string SerializeStatus(const absl::Status& status) {
  std::vector<Payload> payloads;
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& bytes) {
    payloads.emplace_back(std::string(url), std::string(bytes));
  });
  if (status.code() == absl::StatusCode::kUnavailable &&
      !base::RetryDelayOf(status).has_value()) {
    payloads.emplace_back(std::string(base::kRetryInfoUrl),
                          FallbackRetryInfo());
  }
  std::sort(payloads.begin(), payloads.end(), ComesBefore);
  if (payloads.empty() || payloads.front().first != base::kErrorInfoUrl) {
    payloads.emplace(payloads.begin(), std::string(base::kErrorInfoUrl),
                     FallbackErrorInfo(status.code()));
  }
  v1::Status message;
  message.set_code(static_cast<int>(status.code()));
  message.set_message(std::string(status.message()));
  for (Payload& payload : payloads) {
    auto& detail = *message.add_details();
    detail.set_type_url(std::move(payload.first));
    detail.set_value(std::move(payload.second));
  }
  return message.SerializeAsString();
}

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()),
                      std::string(status.message()), SerializeStatus(status));
}

std::string ReasonOf(const grpc::Status& status) {
  v1::Status message;
  if (message.ParseFromString(status.error_details())) {
    for (const auto& detail : message.details()) {
      v1::ErrorInfo info;
      if (detail.type_url() == base::kErrorInfoUrl &&
          info.ParseFromString(detail.value())) {
        return info.reason();
      }
    }
  }
  return absl::StatusCodeToString(
      static_cast<absl::StatusCode>(status.error_code()));
}

absl::Status DrainingError() {
  absl::Status status = base::MakeError(
      absl::StatusCode::kUnavailable, "DRAINING",
      "the server is stopping: send the call to another one, or retry");
  base::SetRetryDelay(status, absl::Seconds(1));
  return status;
}

absl::Status NotAMessageError(std::string_view message) {
  return base::MakeError(
      absl::StatusCode::kInvalidArgument, "MALFORMED_REQUEST",
      std::string("the bytes are not a serialized ").append(message));
}

absl::Status UnreadableMessageError() {
  return base::MakeError(
      absl::StatusCode::kInvalidArgument, "MALFORMED_REQUEST",
      "the message cannot be unpacked: send it uncompressed");
}

}  // namespace segrid::rpc
