#include "tests/testing/four_ways.h"

#include <algorithm>
#include <vector>

#include "boost/json.hpp"
#include "core/base/error_info.h"
#include "core/codec/event_writer.h"
#include "core/transform/convert.h"
#include "google/protobuf/io/coded_stream.h"
#include "segrid/v1/bridge.pb.h"
#include "tests/testing/track_as_json.h"

namespace segrid::testing {
namespace {

namespace json = boost::json;
using pipeline::Input;
using pipeline::Issue;
using pipeline::Output;
using pipeline::TransformResult;
using transform::Outcome;
using transform::Reason;

constexpr std::int32_t kNoLimit = 0;
constexpr std::uint32_t kEventsNumber = 1;
// Unknown groups up to this depth are read by ours, wherever they stand.
constexpr int kSurelyReadDepth = 90;

Input JsonInput(std::string_view body) {
  return {Input::Form::kWebhookJson, body};
}

// Counts that do not add up, or "".
std::string CheckCounts(const TransformResult& result) {
  const auto& counts = result.counts;
  std::int32_t skipped = 0;
  std::int32_t rejected = 0;
  std::int32_t last = -1;
  for (const Issue& issue : result.issues) {
    if (issue.index <= last || issue.index >= counts.events) {
      return "issues are not in order";
    }
    last = issue.index;
    const Outcome outcome = transform::Describe(issue.reason).outcome;
    if (outcome == Outcome::kTrack) return "an issue without a reason";
    ++(outcome == Outcome::kSkipped ? skipped : rejected);
  }
  if (skipped != counts.skipped || rejected != counts.rejected ||
      counts.events != counts.tracks + counts.skipped + counts.rejected) {
    return "the counts do not add up";
  }
  return "";
}

// The issues that typed input has: there are no elements that are no objects.
std::vector<Issue> OfObjects(const std::vector<Issue>& issues) {
  std::vector<Issue> kept;
  std::int32_t gone = 0;
  for (Issue issue : issues) {
    if (issue.reason == Reason::kNotAnObject) {
      ++gone;
    } else {
      issue.index -= gone;
      kept.push_back(issue);
    }
  }
  return kept;
}

bool SameIssues(const std::vector<Issue>& a, const std::vector<Issue>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Issue& x, const Issue& y) {
                      return x.index == y.index && x.reason == y.reason;
                    });
}

}  // namespace

std::string FourWays::Compare(std::string_view body,
                              const transform::Options& options) {
  const absl::Status json_status = transformer_.Transform(
      JsonInput(body), options, Output::kBatchJson, kNoLimit, json_to_json_);
  const absl::Status tracks_status = transformer_.Transform(
      JsonInput(body), options, Output::kTracks, kNoLimit, json_to_tracks_);
  ok_ = json_status.ok();
  if (json_status != tracks_status) return "the errors differ";
  if (!ok_) {
    const std::string reason = base::ReasonOf(json_status);
    return reason == "INVALID_JSON" || reason == "NOT_AN_ARRAY"
               ? ""
               : "unexpected error: " + json_status.ToString();
  }
  for (const TransformResult* result : {&json_to_json_, &json_to_tracks_}) {
    const std::string wrong = CheckCounts(*result);
    if (!wrong.empty()) return wrong;
  }
  if (!SameIssues(json_to_json_.issues, json_to_tracks_.issues)) {
    return "the issues differ between the outputs";
  }
  if (json_to_json_.counts.field_coerced !=
          json_to_tracks_.counts.field_coerced ||
      json_to_json_.counts.field_dropped !=
          json_to_tracks_.counts.field_dropped) {
    return "the counts of conversions differ between the outputs";
  }
  const std::string wrong = CompareTypedInput(body, options);
  return wrong.empty() ? CompareOutputs() : wrong;
}

std::string FourWays::CompareTyped(std::string_view request,
                                   const transform::Options& options) {
  const Input typed{Input::Form::kTypedRequest, request};
  const absl::Status json_status = transformer_.Transform(
      typed, options, Output::kBatchJson, kNoLimit, json_to_json_);
  const absl::Status tracks_status = transformer_.Transform(
      typed, options, Output::kTracks, kNoLimit, json_to_tracks_);
  ok_ = json_status.ok();
  if (json_status != tracks_status) return "the errors differ";
  google::protobuf::io::CodedInputStream input(
      reinterpret_cast<const std::uint8_t*>(request.data()),
      static_cast<int>(request.size()));
  input.SetRecursionLimit(kSurelyReadDepth);
  v1::TransformRequest generated;
  const bool must =
      generated.ParseFromCodedStream(&input) && input.ConsumedEntireMessage();
  if (!ok_) return must ? "only the generated class accepts" : "";
  if (must && generated.events_size() != json_to_json_.counts.events) {
    return "the number of events is wrong";
  }
  for (const TransformResult* result : {&json_to_json_, &json_to_tracks_}) {
    const std::string wrong = CheckCounts(*result);
    if (!wrong.empty()) return wrong;
  }
  if (!SameIssues(json_to_json_.issues, json_to_tracks_.issues)) {
    return "the issues differ between the outputs";
  }
  return CompareOutputs();
}

std::string FourWays::CompareTypedInput(std::string_view body,
                                        const transform::Options& options) {
  request_.Clear();
  transform::FieldCounts ignored;
  if (!reader_.Open(body).ok()) return "the reader changed its mind";
  for (auto step = reader_.Next(event_); step != codec::JsonReader::Step::kEnd;
       step = reader_.Next(event_)) {
    if (step != codec::JsonReader::Step::kEvent) continue;
    transform::ConvertAll(event_, ignored);
    if (!codec::HasTypedTime(event_)) return "";
    codec::AppendTypedEvent(kEventsNumber, event_, request_);
  }
  const Input typed{Input::Form::kTypedRequest, request_.view()};
  for (TransformResult* json_in : {&json_to_json_, &json_to_tracks_}) {
    const Output output =
        json_in == &json_to_json_ ? Output::kBatchJson : Output::kTracks;
    if (!transformer_.Transform(typed, options, output, kNoLimit, other_).ok())
      return "the typed form of the events is refused";
    const std::string wrong = CheckCounts(other_);
    if (!wrong.empty()) return wrong;
    if (!SameIssues(OfObjects(json_in->issues), other_.issues)) {
      return "the issues differ between the inputs";
    }
    if (other_.output.view() != json_in->output.view()) {
      return "the output differs between the inputs\n--- JSON in\n" +
             std::string(json_in->output.view()) + "\n--- typed in\n" +
             std::string(other_.output.view());
    }
  }
  const std::string first(json_to_json_.output.view());
  if (!transformer_
           .Transform(JsonInput(body), options, Output::kBatchJson, kNoLimit,
                      other_)
           .ok() ||
      other_.output.view() != first) {
    return "a second run differs";
  }
  return "";
}

std::string FourWays::CompareOutputs() {
  const std::string_view text = json_to_json_.output.view();
  const json::value batch = ParseTwice(text);
  if (batch.is_string()) {
    return std::string(batch.get_string()) + "\n" + std::string(text);
  }
  const json::array& tracks = batch.at("batch").as_array();
  v1::TransformResponse response;
  if (!response.ParseFromArray(
          json_to_tracks_.output.begin(),
          static_cast<int>(json_to_tracks_.output.size()))) {
    return "the generated class refuses the Tracks";
  }
  const auto count = static_cast<std::size_t>(json_to_json_.counts.tracks);
  if (tracks.size() != count ||
      static_cast<std::size_t>(response.tracks_size()) != count) {
    return "the number of Tracks is not what was counted";
  }
  for (std::size_t i = 0; i < count; ++i) {
    const json::value typed = TrackAsJson(response.tracks(static_cast<int>(i)));
    if (typed != tracks[i]) {
      return "a Track differs\n--- typed\n" + json::serialize(typed) +
             "\n--- JSON\n" + json::serialize(tracks[i]);
    }
  }
  return "";
}

}  // namespace segrid::testing
