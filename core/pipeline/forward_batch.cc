#include "core/pipeline/forward_batch.h"

#include <algorithm>

#include "core/pipeline/transform_batch.h"

namespace segrid::pipeline {

using transform::Outcome;
using transform::Reason;

namespace {

constexpr std::size_t kSpareBytes = 16 << 10;

// One issue for all lanes where they agree, else one for each that has one.
void AddIssues(std::int32_t index, const std::vector<Reason>& reasons,
               std::vector<Issue>& issues) {
  const bool same = std::all_of(
      reasons.begin(), reasons.end(),
      [&reasons](Reason reason) { return reason == reasons.front(); });
  if (same) {
    if (reasons.front() != Reason::kNone) {
      issues.push_back({index, reasons.front(), -1});
    }
    return;
  }
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    if (reasons[i] == Reason::kNone) continue;
    issues.push_back({index, reasons[i], static_cast<std::int32_t>(i)});
  }
}

}  // namespace

absl::Status ForwardTransformer::Transform(const Input& input,
                                           std::int32_t max_events,
                                           std::vector<ForwardLane>& lanes,
                                           std::vector<Issue>& issues,
                                           Counts& counts) {
  transformer_.ResetCounts();
  anonymous_ids_.Clear();
  for (ForwardLane& lane : lanes) {
    lane.json.Clear();
    lane.json.Reserve(input.bytes.size() + kSpareBytes);
  }
  absl::Status status = source_.Open(input, max_events);
  if (!status.ok()) return status;
  reasons_.resize(lanes.size());
  EventSource::Step step = source_.Next();
  for (; step != EventSource::Step::kEnd; step = source_.Next()) {
    if (step == EventSource::Step::kError) return source_.status();
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      const Reason reason = step == EventSource::Step::kEvent
                                ? TransformFor(lanes[i])
                                : Reason::kNotAnObject;
      reasons_[i] = reason;
      if (reason == Reason::kNone) continue;
      const bool skipped = Describe(reason).outcome == Outcome::kSkipped;
      ++(skipped ? lanes[i].skipped : lanes[i].rejected);
    }
    AddIssues(source_.count() - 1, reasons_, issues);
  }
  anonymous_ids_.Flush();
  counts.events = source_.count();
  counts.field_coerced = transformer_.counts().coerced + source_.coerced();
  counts.field_dropped = transformer_.counts().dropped;
  return absl::OkStatus();
}

Reason ForwardTransformer::TransformFor(ForwardLane& lane) {
  const Reason reason = transformer_.Transform(source_.event(), *lane.options,
                                               track_, &anonymous_ids_.next());
  if (reason != Reason::kNone) return reason;
  const std::size_t before = lane.json.size();
  if (!lane.messages.empty()) lane.json.Append(",");
  const std::size_t offset = lane.json.size();
  const std::size_t size = writer_.Append(track_, lane.json);
  if (size > kMaxTrackBytes) {
    lane.json.Truncate(before);
    return Reason::kTooLarge;
  }
  if (track_.anonymous_id_follows) {
    anonymous_ids_.Add(lane.json,
                       offset + codec::JsonWriter::AnonymousIdOffset(track_));
  }
  const std::size_t id = offset + codec::JsonWriter::kMessageIdOffset;
  lane.messages.push_back({static_cast<std::uint32_t>(offset),
                           static_cast<std::uint32_t>(size),
                           static_cast<std::uint32_t>(id),
                           static_cast<std::uint32_t>(track_.message_id_size)});
  return Reason::kNone;
}

}  // namespace segrid::pipeline
