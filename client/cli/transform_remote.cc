#include "client/cli/transform_remote.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "client/cli/track_json.h"
#include "client/cli/typed_events.h"
#include "core/transform/outcome.h"

namespace segrid::cli {
namespace {

Error NotUnderstood(std::string what) {
  Error error;
  error.code = ErrorCode::kInternal;
  error.message = "the server's answer is not understood: " + std::move(what);
  return error;
}

pipeline::Counts CountsOf(const v1::TransformResponse& response) {
  pipeline::Counts counts;
  counts.events = response.event_count();
  counts.tracks = response.track_count();
  counts.skipped = response.skipped_count();
  counts.rejected = response.rejected_count();
  counts.field_coerced = response.field_coerced_count();
  counts.field_dropped = response.field_dropped_count();
  return counts;
}

// The reasons and outcomes of the API and of the tables have the same numbers.
// A reason of a newer server is kept as its number, with its outcome.
std::optional<Error> CopyIssues(const v1::TransformResponse& response,
                                TransformAnswer& answer) {
  constexpr int kMaxReason = 255;
  for (const v1::EventIssue& issue : response.issues()) {
    const int number = issue.reason();
    const auto reason = static_cast<transform::Reason>(number);
    const bool is_known = number < static_cast<int>(transform::kReasons.size());
    const bool has_outcome = issue.outcome() == v1::OUTCOME_SKIPPED ||
                             issue.outcome() == v1::OUTCOME_REJECTED;
    if (number <= 0 || number > kMaxReason || (!is_known && !has_outcome)) {
      return NotUnderstood("reason " + std::to_string(number) +
                           " is unknown; is the server newer?");
    }
    if (!is_known) {
      answer.newer_reasons[reason] =
          static_cast<transform::Outcome>(issue.outcome());
    }
    answer.issues.push_back({issue.index(), reason});
  }
  return std::nullopt;
}

// From the indices of what was sent to those of the body, whose elements at
// `left_out`, in order, were not sent; these become issues too.
std::vector<pipeline::Issue> Renumber(
    const std::vector<pipeline::Issue>& issues,
    const std::vector<std::int32_t>& left_out) {
  std::vector<pipeline::Issue> merged;
  merged.reserve(issues.size() + left_out.size());
  std::size_t before = 0;
  const auto add_left_out = [&] {
    merged.push_back({left_out[before++], transform::Reason::kNotAnObject});
  };
  for (pipeline::Issue issue : issues) {
    while (before < left_out.size() &&
           left_out[before] <=
               issue.index + static_cast<std::int32_t>(before)) {
      add_left_out();
    }
    issue.index += static_cast<std::int32_t>(before);
    merged.push_back(issue);
  }
  while (before < left_out.size()) add_left_out();
  return merged;
}

std::string BatchOf(const v1::TransformResponse& response) {
  std::string batch = "{\"batch\":[";
  for (const v1::Track& track : response.tracks()) {
    if (!batch.ends_with('[')) batch += ',';
    AppendTrackJson(batch, track);
  }
  batch += "]}";
  return batch;
}

TransformAnswer AnswerOf(std::string batch_json) {
  const auto held = std::make_shared<const std::string>(std::move(batch_json));
  TransformAnswer answer;
  answer.storage = held;
  answer.batch_json = *held;
  return answer;
}

}  // namespace

Result<TransformAnswer> TransformRemote(const Client& client, std::string body,
                                        const std::string& source) {
  TransformOptions options;
  options.source = source;
  options.output = v1::OUTPUT_BATCH_JSON;
  auto response = client.Transform(std::move(body), options);
  if (!response.ok()) return std::move(response).error();
  TransformAnswer answer = AnswerOf(std::move(*response->mutable_batch_json()));
  answer.counts = CountsOf(*response);
  if (auto error = CopyIssues(*response, answer)) return *error;
  return answer;
}

Result<TransformAnswer> TransformTyped(const Client& client,
                                       const std::string& body,
                                       const std::string& source) {
  Result<TypedEvents> typed = ReadTypedEvents(body);
  if (!typed.ok()) return std::move(typed).error();
  typed->request.set_source(source);
  typed->request.set_output(v1::OUTPUT_TRACKS);
  const auto response = client.Transform(typed->request);
  if (!response.ok()) return response.error();

  TransformAnswer answer = AnswerOf(BatchOf(*response));
  answer.counts = CountsOf(*response);
  const auto left_out = static_cast<std::int32_t>(typed->not_objects.size());
  answer.counts.events += left_out;
  answer.counts.rejected += left_out;
  answer.counts.field_coerced += typed->coerced_count;
  answer.counts.field_dropped += typed->dropped_count;
  if (auto error = CopyIssues(*response, answer)) return *error;
  answer.issues = Renumber(answer.issues, typed->not_objects);
  return answer;
}

}  // namespace segrid::cli
