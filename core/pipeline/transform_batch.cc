#include "core/pipeline/transform_batch.h"

namespace segrid::pipeline {

using transform::Outcome;
using transform::Reason;

namespace {

// `tracks` of TransformResponse.
constexpr std::uint32_t kTracksNumber = 1;

// The room for the answer: as JSON, a Track takes no more bytes than its event
// as JSON and a little more than a typed one. Enough for nearly all batches, so
// that the answer neither moves nor wastes memory.
std::size_t UsualBytes(const Input& input) {
  constexpr std::size_t kSpareBytes = 16 << 10;
  const std::size_t bytes = input.bytes.size();
  return kSpareBytes + bytes +
         (input.form == Input::Form::kTypedRequest ? bytes / 4 : 0);
}

// Below this an event cannot give a Track over kMaxTrackBytes, whatever is
// escaped or repeated.
constexpr std::size_t kSurelyFits = 1024;

void Count(Reason reason, std::int32_t index, TransformResult& result) {
  if (reason == Reason::kNone) {
    ++result.counts.tracks;
    return;
  }
  const bool skipped = Describe(reason).outcome == Outcome::kSkipped;
  ++(skipped ? result.counts.skipped : result.counts.rejected);
  result.issues.push_back({index, reason, -1});
}

}  // namespace

absl::Status BatchTransformer::Transform(const Input& input,
                                         const transform::Options& options,
                                         Output output, std::int32_t max_events,
                                         TransformResult& result) {
  result.counts = Counts();
  result.issues.clear();
  codec::OutputBuffer& buffer = result.output;
  buffer.Clear();
  buffer.Reserve(UsualBytes(input));
  transformer_.ResetCounts();
  anonymous_ids_.Clear();

  absl::Status status = source_.Open(input, max_events);
  if (!status.ok()) return status;
  if (output == Output::kBatchJson) buffer.Append("{\"batch\":[");
  EventSource::Step step = source_.Next();
  for (; step != EventSource::Step::kEnd; step = source_.Next()) {
    if (step == EventSource::Step::kError) return source_.status();
    const Reason reason = step == EventSource::Step::kEvent
                              ? TransformOne(options, output, buffer)
                              : Reason::kNotAnObject;
    Count(reason, source_.count() - 1, result);
  }
  anonymous_ids_.Flush();
  if (output == Output::kBatchJson) {
    if (result.counts.tracks > 0) buffer.Truncate(buffer.size() - 1);
    buffer.Append("]}");
  }
  result.counts.events = source_.count();
  result.counts.field_coerced =
      transformer_.counts().coerced + source_.coerced();
  result.counts.field_dropped = transformer_.counts().dropped;
  return absl::OkStatus();
}

// In JSON each Track is followed by a comma.
Reason BatchTransformer::TransformOne(const transform::Options& options,
                                      Output output,
                                      codec::OutputBuffer& buffer) {
  const Reason reason = transformer_.Transform(source_.event(), options, track_,
                                               &anonymous_ids_.next());
  if (reason != Reason::kNone) return reason;
  const std::size_t before = buffer.size();
  if (output == Output::kTracks) {
    if (!FitsAsJson()) return Reason::kTooLarge;
    const std::size_t at = wire_writer_.Append(kTracksNumber, track_, buffer);
    if (track_.anonymous_id_follows) anonymous_ids_.Add(buffer, at);
    return Reason::kNone;
  }
  if (json_writer_.Append(track_, buffer) > kMaxTrackBytes) {
    buffer.Truncate(before);
    return Reason::kTooLarge;
  }
  buffer.Append(",");
  if (track_.anonymous_id_follows) {
    anonymous_ids_.Add(buffer,
                       before + codec::JsonWriter::AnonymousIdOffset(track_));
  }
  return Reason::kNone;
}

bool BatchTransformer::FitsAsJson() {
  if (source_.event().source_bytes + track_.given_name_bytes <= kSurelyFits) {
    return true;
  }
  scratch_.Clear();
  return json_writer_.Append(track_, scratch_) <= kMaxTrackBytes;
}

}  // namespace segrid::pipeline
