#include "client/internal/parts.h"

#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace segrid::internal {
namespace {

// What a message's field costs besides its bytes: tag and length.
constexpr std::size_t kFieldBytes = 8;

void CopySettings(const v1::TransformRequest& from, v1::TransformRequest& to) {
  to.set_source(from.source());
  to.set_output(from.output());
}

void CopySettings(const v1::ForwardRequest& from, v1::ForwardRequest& to) {
  *to.mutable_sources() = from.sources();
  to.set_wait(from.wait());
}

// What remains for the events of a part.
template <typename Request>
PartLimits LimitsForEvents(const Request& request, PartLimits limits) {
  Request settings;
  CopySettings(request, settings);
  const std::size_t taken = settings.ByteSizeLong() + kFieldBytes;
  limits.max_bytes = limits.max_bytes > taken ? limits.max_bytes - taken : 0;
  return limits;
}

template <typename Request>
std::vector<Part<Request>> CutJson(const Request& request,
                                   const PartLimits& limits) {
  if (!MayNeedParts(request.webhook_json(), limits)) return {};
  const auto runs = CutArray(request.webhook_json(), limits);
  if (!runs || runs->size() < 2) return {};
  std::vector<Part<Request>> parts;
  for (const ElementRun& run : *runs) {
    Part<Request>& part = parts.emplace_back();
    part.first_event = run.first;
    part.event_count = run.count;
    CopySettings(request, part.request);
    std::string& json = *part.request.mutable_webhook_json();
    json.reserve(run.text.size() + 2);
    json.append("[").append(run.text).append("]");
  }
  return parts;
}

template <typename Request>
std::vector<Part<Request>> CutEvents(const Request& request,
                                     const PartLimits& limits) {
  if (request.events_size() <= limits.max_events &&
      request.ByteSizeLong() <= limits.max_bytes) {
    return {};
  }
  std::vector<Part<Request>> parts;
  std::size_t bytes = 0;
  for (std::int32_t i = 0; i < request.events_size(); ++i) {
    const std::size_t size = request.events(i).ByteSizeLong() + kFieldBytes;
    const bool fits = !parts.empty() && bytes + size <= limits.max_bytes &&
                      parts.back().request.events_size() < limits.max_events;
    if (!fits) {
      parts.emplace_back().first_event = i;
      CopySettings(request, parts.back().request);
      bytes = 0;
    }
    *parts.back().request.add_events() = request.events(i);
    ++parts.back().event_count;
    bytes += size;
  }
  if (parts.size() < 2) parts.clear();
  return parts;
}

template <typename Request>
std::vector<Part<Request>> Cut(const Request& request,
                               const PartLimits& limits) {
  const bool typed = request.events_size() > 0;
  // Both or none: the server says that this is wrong.
  if (typed != request.webhook_json().empty()) return {};
  const PartLimits rest = LimitsForEvents(request, limits);
  return typed ? CutEvents(request, rest) : CutJson(request, rest);
}

template <typename Response>
void AddIssues(Response& part, std::int32_t first_event, Response& whole) {
  for (v1::EventIssue& issue : *part.mutable_issues()) {
    issue.set_index(issue.index() + first_event);
    *whole.add_issues() = std::move(issue);
  }
  whole.set_field_coerced_count(whole.field_coerced_count() +
                                part.field_coerced_count());
  whole.set_field_dropped_count(whole.field_dropped_count() +
                                part.field_dropped_count());
  whole.set_event_count(whole.event_count() + part.event_count());
  whole.set_skipped_count(whole.skipped_count() + part.skipped_count());
  whole.set_rejected_count(whole.rejected_count() + part.rejected_count());
}

// `{"batch":[…]}` and `{"batch":[…]}` to one.
void AddBatch(const std::string& part, std::string& whole) {
  constexpr std::string_view kBegin = R"({"batch":[)";
  constexpr std::string_view kEnd = "]}";
  if (whole.empty()) {
    whole = part;
    return;
  }
  if (part.size() <= kBegin.size() + kEnd.size()) return;  // No Track in it.
  const bool first = whole.size() <= kBegin.size() + kEnd.size();
  whole.resize(whole.size() - kEnd.size());
  if (!first) whole.push_back(',');
  whole.append(part, kBegin.size());
}

void AddSource(const v1::SourceResult& part, v1::SourceResult& whole) {
  whole.set_source(part.source());
  whole.set_accepted_count(whole.accepted_count() + part.accepted_count());
  whole.set_duplicate_count(whole.duplicate_count() + part.duplicate_count());
  whole.set_skipped_count(whole.skipped_count() + part.skipped_count());
  whole.set_rejected_count(whole.rejected_count() + part.rejected_count());
  whole.set_state(part.state());  // The last one known.
}

// `events[3].email` with the offset added; other fields as they are.
std::string ShiftField(const std::string& field, std::int32_t offset) {
  constexpr std::string_view kPrefix = "events[";
  if (!std::string_view(field).starts_with(kPrefix)) return field;
  std::int32_t index = 0;
  const char* const end = field.data() + field.size();
  const auto [rest, failed] =
      std::from_chars(field.data() + kPrefix.size(), end, index);
  if (failed != std::errc() || rest == end || *rest != ']') return field;
  return std::string(kPrefix) + std::to_string(index + offset) +
         std::string(rest, end);
}

}  // namespace

std::vector<Part<v1::TransformRequest>> CutRequest(
    const v1::TransformRequest& request, const PartLimits& limits) {
  return Cut(request, limits);
}

std::vector<Part<v1::ForwardRequest>> CutRequest(
    const v1::ForwardRequest& request, const PartLimits& limits) {
  return Cut(request, limits);
}

void AddAnswer(v1::TransformResponse part, std::int32_t first_event,
               v1::TransformResponse& whole) {
  AddIssues(part, first_event, whole);
  for (v1::Track& track : *part.mutable_tracks()) {
    *whole.add_tracks() = std::move(track);
  }
  if (!part.batch_json().empty()) {
    AddBatch(part.batch_json(), *whole.mutable_batch_json());
  }
  whole.set_track_count(whole.track_count() + part.track_count());
}

void AddAnswer(v1::ForwardResponse part, std::int32_t first_event,
               v1::ForwardResponse& whole) {
  AddIssues(part, first_event, whole);
  whole.set_accepted_count(whole.accepted_count() + part.accepted_count());
  whole.set_duplicate_count(whole.duplicate_count() + part.duplicate_count());
  whole.set_delivered_count(whole.delivered_count() + part.delivered_count());
  whole.set_pending_count(whole.pending_count() + part.pending_count());
  whole.set_dead_letter_count(whole.dead_letter_count() +
                              part.dead_letter_count());
  // Each part names the same sources in the same order.
  for (int i = 0; i < part.sources_size(); ++i) {
    AddSource(part.sources(i), i < whole.sources_size()
                                   ? *whole.mutable_sources(i)
                                   : *whole.add_sources());
  }
}

bool IsTooLarge(const Error& error) {
  return error.code == ErrorCode::kResourceExhausted && error.reason.empty() &&
         !error.retry_delay.has_value();
}

Error NamingLargeEvent(Error error, std::int32_t event) {
  if (!IsTooLarge(error)) return error;
  const std::string field = "events[" + std::to_string(event) + "]";
  error.message.insert(
      0, field + " alone is larger than a request may be, leave it out: ");
  error.field_violations.push_back(
      {field, "must be smaller than the largest request"});
  return error;
}

Error ErrorOfPart(Error error, std::int32_t first_event,
                  std::int32_t event_count) {
  for (FieldViolation& violation : error.field_violations) {
    violation.field = ShiftField(violation.field, first_event);
  }
  error.metadata["answered_events"] = std::to_string(first_event);
  if (event_count != 1) return error;
  return NamingLargeEvent(std::move(error), first_event);
}

}  // namespace segrid::internal
