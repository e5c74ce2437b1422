#include "client/testing/server_answers.h"

#include <memory>
#include <string>
#include <utility>

#include "core/base/error_info.h"
#include "core/pipeline/transform_batch.h"

namespace segrid::testing {
namespace {

using pipeline::Input;

constexpr std::int32_t kMaxEvents = 10'000;

Error ErrorOf(const absl::Status& status) {
  Error error;
  error.code = static_cast<ErrorCode>(status.code());
  error.message = std::string(status.message());
  error.reason = base::ReasonOf(status);
  return error;
}

Error BadInput(std::string reason, std::string message) {
  Error error;
  error.code = ErrorCode::kInvalidArgument;
  error.reason = std::move(reason);
  error.message = std::move(message);
  return error;
}

void AddIssues(const std::vector<pipeline::Issue>& issues,
               google::protobuf::RepeatedPtrField<v1::EventIssue>& to) {
  for (const pipeline::Issue& issue : issues) {
    const transform::ReasonRow& row = transform::Describe(issue.reason);
    v1::EventIssue& made = *to.Add();
    made.set_index(issue.index);
    made.set_outcome(static_cast<v1::Outcome>(row.outcome));
    made.set_reason(static_cast<v1::Reason>(issue.reason));
    made.set_field(std::string(row.field));
    made.set_detail(std::string(row.detail));
  }
}

template <typename Response>
void SetCounts(const pipeline::Counts& counts, Response& response) {
  response.set_event_count(counts.events);
  response.set_skipped_count(counts.skipped);
  response.set_rejected_count(counts.rejected);
  response.set_field_coerced_count(counts.field_coerced);
  response.set_field_dropped_count(counts.field_dropped);
}

// Transforms the events of a request of either kind.
template <typename Request>
Result<pipeline::TransformResult> Transformed(const Request& request,
                                              pipeline::Output output) {
  const bool typed = request.events_size() > 0;
  if (typed && !request.webhook_json().empty()) {
    return BadInput("TWO_INPUTS", "events and webhook_json are given");
  }
  if (!typed && request.webhook_json().empty()) {
    return BadInput("NO_INPUT", "neither events nor webhook_json is given");
  }
  const std::string bytes = typed ? request.SerializeAsString() : std::string();
  const Input input{
      typed ? Input::Form::kTypedRequest : Input::Form::kWebhookJson,
      typed ? std::string_view(bytes) : request.webhook_json()};
  pipeline::TransformResult result;
  pipeline::BatchTransformer transformer;
  const absl::Status status = transformer.Transform(input, transform::Options(),
                                                    output, kMaxEvents, result);
  if (!status.ok()) return ErrorOf(status);
  return result;
}

void AddSource(const std::string& name, const pipeline::Counts& counts,
               bool delivered, v1::ForwardResponse& response) {
  v1::SourceResult& source = *response.add_sources();
  source.set_source(name);
  source.set_accepted_count(counts.tracks);
  source.set_skipped_count(counts.skipped);
  source.set_rejected_count(counts.rejected);
  response.set_accepted_count(response.accepted_count() + counts.tracks);
  if (delivered) {
    response.set_delivered_count(response.delivered_count() + counts.tracks);
  }
}

}  // namespace

Result<v1::TransformResponse> AnswerTransform(
    const v1::TransformRequest& request) {
  const bool json = request.output() == v1::OUTPUT_BATCH_JSON;
  auto result = Transformed(
      request, json ? pipeline::Output::kBatchJson : pipeline::Output::kTracks);
  if (!result.ok()) return std::move(result).error();
  const std::string_view bytes = result->output.view();
  v1::TransformResponse response;
  if (json) {
    response.set_batch_json(std::string(bytes));
  } else {
    response.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  }
  SetCounts(result->counts, response);
  response.set_track_count(result->counts.tracks);
  AddIssues(result->issues, *response.mutable_issues());
  return response;
}

Result<v1::ForwardResponse> AnswerForward(const v1::ForwardRequest& request) {
  auto result = Transformed(request, pipeline::Output::kBatchJson);
  if (!result.ok()) return std::move(result).error();
  v1::ForwardResponse response;
  SetCounts(result->counts, response);
  AddIssues(result->issues, *response.mutable_issues());
  const bool delivered = request.wait() == v1::WAIT_DELIVERED;
  if (request.sources().empty()) {
    AddSource("default", result->counts, delivered, response);
  }
  for (const std::string& source : request.sources()) {
    AddSource(source, result->counts, delivered, response);
  }
  const int sources = response.sources_size();
  response.set_skipped_count(result->counts.skipped * sources);
  response.set_rejected_count(result->counts.rejected * sources);
  return response;
}

}  // namespace segrid::testing
