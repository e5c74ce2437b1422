#include "server/embedded/answers.h"

#include <string>

#include "client/internal/error_from_status.h"
#include "core/transform/outcome.h"
#include "server/rpc/error_status.h"

namespace segrid::embedded {
namespace {

void SetIssue(const pipeline::Issue& issue, v1::EventIssue& to) {
  const transform::ReasonRow& row = transform::Describe(issue.reason);
  to.set_index(issue.index);
  to.set_outcome(static_cast<v1::Outcome>(row.outcome));
  to.set_reason(static_cast<v1::Reason>(issue.reason));
  to.set_field(std::string(row.field));
  to.set_detail(std::string(row.detail));
}

}  // namespace

Error ErrorOf(const absl::Status& status) {
  Error error = internal::ErrorFromStatus(rpc::ToGrpcStatus(status));
  // A configuration's mistakes stay a line each.
  error.message = std::string(status.message());
  return error;
}

v1::TransformResponse ToMessage(const pipeline::TransformResult& result,
                                pipeline::Output form) {
  v1::TransformResponse message;
  const std::string_view bytes = result.output.view();
  if (form == pipeline::Output::kBatchJson) {
    message.set_batch_json(std::string(bytes));
  } else {
    message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  }
  const pipeline::Counts& counts = result.counts;
  message.set_event_count(counts.events);
  message.set_track_count(counts.tracks);
  message.set_skipped_count(counts.skipped);
  message.set_rejected_count(counts.rejected);
  message.set_field_coerced_count(counts.field_coerced);
  message.set_field_dropped_count(counts.field_dropped);
  for (const pipeline::Issue& issue : result.issues) {
    SetIssue(issue, *message.add_issues());
  }
  return message;
}

v1::ForwardResponse ToMessage(const pipeline::ForwardResult& result) {
  v1::ForwardResponse message;
  for (const pipeline::SourceResult& from : result.sources) {
    v1::SourceResult& to = *message.add_sources();
    to.set_source(from.source);
    to.set_accepted_count(from.accepted);
    to.set_duplicate_count(from.duplicate);
    to.set_skipped_count(from.skipped);
    to.set_rejected_count(from.rejected);
    if (from.state.has_value()) {
      to.set_state(static_cast<v1::SourceState>(*from.state));
    }
    message.set_accepted_count(message.accepted_count() + from.accepted);
    message.set_duplicate_count(message.duplicate_count() + from.duplicate);
    message.set_skipped_count(message.skipped_count() + from.skipped);
    message.set_rejected_count(message.rejected_count() + from.rejected);
  }
  for (const pipeline::Issue& issue : result.issues) {
    v1::EventIssue& to = *message.add_issues();
    SetIssue(issue, to);
    if (issue.source < 0) continue;
    to.set_source(
        result.sources[static_cast<std::size_t>(issue.source)].source);
  }
  message.set_event_count(result.events);
  message.set_field_coerced_count(result.field_coerced);
  message.set_field_dropped_count(result.field_dropped);
  message.set_delivered_count(result.delivered);
  message.set_pending_count(result.pending);
  message.set_dead_letter_count(result.dead_letters);
  return message;
}

}  // namespace segrid::embedded
