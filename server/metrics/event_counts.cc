#include "server/metrics/event_counts.h"

#include <utility>

namespace segrid::metrics {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
using transform::Outcome;

// Counts each event of a batch once. Issues of an event stand together.
void CountOnce(const pipeline::ForwardResult& result,
               pipeline::Counts& counts) {
  counts.tracks = result.events;
  for (std::size_t i = 0; i < result.issues.size();) {
    const std::int32_t index = result.issues[i].index;
    std::size_t sources = 0;
    bool is_rejected = false;
    for (; i < result.issues.size() && result.issues[i].index == index; ++i) {
      const pipeline::Issue& issue = result.issues[i];
      sources += issue.source < 0 ? result.sources.size() : 1;
      is_rejected = is_rejected || transform::Describe(issue.reason).outcome ==
                                       Outcome::kRejected;
    }
    if (sources < result.sources.size()) continue;
    --counts.tracks;
    ++(is_rejected ? counts.rejected : counts.skipped);
  }
}

constexpr std::array<std::string_view, 3> kOutcomes = {"track", "skipped",
                                                       "rejected"};

}  // namespace

EventCounts::EventCounts() { AddSource(""); }

void EventCounts::AddSource(std::string_view source) {
  absl::MutexLock lock(&mu_);
  if (!indexes_.emplace(source, names_.size()).second) return;
  names_.emplace_back(source);
  transform_.sources.push_back(std::make_unique<Reasons>());
  forward_.sources.push_back(std::make_unique<Reasons>());
}

std::size_t EventCounts::IndexOf(std::string_view source) const {
  const auto found = indexes_.find(source);
  return found == indexes_.end() ? 0 : found->second;
}

void EventCounts::Start(Operation& operation, const pipeline::Counts& counts) {
  operation.batches.fetch_add(1, kRelaxed);
  operation.received.fetch_add(counts.events, kRelaxed);
  operation.coerced.fetch_add(counts.field_coerced, kRelaxed);
  operation.dropped.fetch_add(counts.field_dropped, kRelaxed);
  for (const auto& [outcome, count] :
       {std::pair(Outcome::kTrack, counts.tracks),
        std::pair(Outcome::kSkipped, counts.skipped),
        std::pair(Outcome::kRejected, counts.rejected)}) {
    operation.outcomes[static_cast<std::size_t>(outcome)].fetch_add(count,
                                                                    kRelaxed);
  }
}

void EventCounts::OnTransform(std::string_view source,
                              const pipeline::Counts& counts,
                              const std::vector<pipeline::Issue>& issues) {
  Start(transform_, counts);
  absl::ReaderMutexLock lock(&mu_);
  Reasons& reasons = *transform_.sources[IndexOf(source)];
  reasons[0].fetch_add(counts.tracks, kRelaxed);
  for (const pipeline::Issue& issue : issues) {
    reasons[static_cast<std::size_t>(issue.reason)].fetch_add(1, kRelaxed);
  }
}

void EventCounts::OnForward(const pipeline::ForwardResult& result) {
  pipeline::Counts counts;
  counts.events = result.events;
  counts.field_coerced = result.field_coerced;
  counts.field_dropped = result.field_dropped;
  CountOnce(result, counts);
  Start(forward_, counts);
  absl::ReaderMutexLock lock(&mu_);
  std::vector<Reasons*> lanes;
  for (const pipeline::SourceResult& source : result.sources) {
    lanes.push_back(forward_.sources[IndexOf(source.source)].get());
    (*lanes.back())[0].fetch_add(source.accepted + source.duplicate, kRelaxed);
  }
  for (const pipeline::Issue& issue : result.issues) {
    const auto reason = static_cast<std::size_t>(issue.reason);
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      if (issue.source >= 0 && static_cast<std::size_t>(issue.source) != i) {
        continue;
      }
      (*lanes[i])[reason].fetch_add(1, kRelaxed);
    }
  }
}

void EventCounts::AddTo(Exposition& out) const {
  absl::ReaderMutexLock lock(&mu_);
  for (const auto& [name, operation] :
       {std::pair("transform", &transform_), std::pair("forward", &forward_)}) {
    const auto get = [](const Count& count) {
      return static_cast<double>(count.load(kRelaxed));
    };
    out.Add(Row("segrid_batches_total"), get(operation->batches), {name});
    out.Add(Row("segrid_events_received_total"), get(operation->received),
            {name});
    out.Add(Row("segrid_fields_coerced_total"), get(operation->coerced),
            {name});
    out.Add(Row("segrid_fields_dropped_total"), get(operation->dropped),
            {name});
    for (std::size_t i = 0; i < names_.size(); ++i) {
      for (std::size_t j = 0; j < kReasonCount; ++j) {
        const double value = get((*operation->sources[i])[j]);
        // Tracks are always there, so that rates begin at 0; reasons that never
        // came, and Forward without a source, are not.
        if (value == 0 && (j > 0 || (i == 0 && operation == &forward_))) {
          continue;
        }
        const transform::ReasonRow& reason = transform::kReasons[j];
        out.Add(
            Row("segrid_events_total"), value,
            {name, names_[i],
             kOutcomes[static_cast<std::size_t>(reason.outcome)], reason.name});
      }
    }
  }
}

EventTotals EventCounts::Totals() const {
  EventTotals totals;
  for (const Operation* operation : {&transform_, &forward_}) {
    const auto of = [operation](Outcome outcome) {
      return operation->outcomes[static_cast<std::size_t>(outcome)].load(
          kRelaxed);
    };
    totals.received += operation->received.load(kRelaxed);
    totals.tracks += of(Outcome::kTrack);
    totals.skipped += of(Outcome::kSkipped);
    totals.rejected += of(Outcome::kRejected);
  }
  return totals;
}

}  // namespace segrid::metrics
