#include "bench/stats/recorder.h"

#include <algorithm>
#include <utility>

namespace segrid::bench {
namespace {

void Count(const Ended& ended, Tally& tally) {
  ++tally.codes[ended.code];
  tally.last_end_ns = std::max(tally.last_end_ns, ended.end_ns);
  if (ended.code != kOk) return;
  tally.latency.Add(ended.end_ns - ended.intended_ns);
  tally.events += ended.events;
  tally.request_bytes += ended.request_bytes;
  tally.response_bytes += ended.response_bytes;
}

}  // namespace

Recorder::Recorder(std::int64_t window_start_ns, std::size_t steps)
    : window_start_ns_(window_start_ns), steps_(steps) {}

void Recorder::Record(const Ended& ended) {
  if (ended.intended_ns < window_start_ns_) return;
  const std::lock_guard lock(mu_);
  Count(ended, steps_[std::min(ended.step, steps_.size() - 1)]);
  Count(ended, slice_);
}

void Recorder::Explain(std::size_t code, const std::string& message) {
  const std::lock_guard lock(mu_);
  if (!first_error_.empty()) return;
  first_error_ = std::string(kCodeNames[code]) + ": " + message;
}

void Recorder::TakeSlice(Tally& slice) {
  const std::lock_guard lock(mu_);
  slice.Merge(slice_);
  slice_.latency.Clear();
  Tally empty{.latency = std::move(slice_.latency)};
  slice_ = std::move(empty);
}

void Recorder::AddTo(std::vector<StepResult>& steps) const {
  const std::lock_guard lock(mu_);
  for (std::size_t i = 0; i < steps_.size() && i < steps.size(); ++i) {
    steps[i].tally.Merge(steps_[i]);
  }
}

std::string Recorder::first_error() const {
  const std::lock_guard lock(mu_);
  return first_error_;
}

}  // namespace segrid::bench
