#include "tests/client/cli/fake_segrid.h"

#include "core/base/error_info.h"
#include "core/pipeline/transform_batch.h"
#include "core/transform/options.h"
#include "server/rpc/error_status.h"

namespace segrid::tests {

grpc::Status UnknownSource() {
  return rpc::ToGrpcStatus(base::MakeError(absl::StatusCode::kNotFound,
                                           "UNKNOWN_SOURCE", "no such source"));
}

grpc::Status TransformForReal(const v1::TransformRequest& request,
                              v1::TransformResponse& response) {
  const bool typed = request.webhook_json().empty();
  const bool json = request.output() == v1::OUTPUT_BATCH_JSON;
  const std::string bytes =
      typed ? request.SerializeAsString() : request.webhook_json();
  pipeline::BatchTransformer transformer;
  pipeline::TransformResult result;
  const absl::Status status = transformer.Transform(
      {typed ? pipeline::Input::Form::kTypedRequest
             : pipeline::Input::Form::kWebhookJson,
       bytes},
      transform::Options(),
      json ? pipeline::Output::kBatchJson : pipeline::Output::kTracks, 10'000,
      result);
  if (!status.ok()) return rpc::ToGrpcStatus(status);
  const std::string output(result.output.view());
  if (json) {
    response.set_batch_json(output);
  } else {
    response.ParseFromString(output);
  }
  response.set_event_count(result.counts.events);
  response.set_track_count(result.counts.tracks);
  response.set_skipped_count(result.counts.skipped);
  response.set_rejected_count(result.counts.rejected);
  response.set_field_coerced_count(result.counts.field_coerced);
  response.set_field_dropped_count(result.counts.field_dropped);
  for (const pipeline::Issue& issue : result.issues) {
    v1::EventIssue& out = *response.add_issues();
    out.set_index(issue.index);
    out.set_reason(static_cast<v1::Reason>(issue.reason));
    out.set_outcome(static_cast<v1::Outcome>(Describe(issue.reason).outcome));
  }
  return grpc::Status::OK;
}

}  // namespace segrid::tests
