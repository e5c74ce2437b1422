#include "bench/load/monitor.h"

#include <algorithm>
#include <utility>

namespace segrid::bench {
namespace {

double CoresBetween(const std::optional<ProcessReading>& before,
                    const std::optional<ProcessReading>& after,
                    double seconds) {
  if (!before || !after || seconds <= 0) return 0;
  return (after->cpu_seconds - before->cpu_seconds) / seconds;
}

ProcessUse UseBetween(const ProcessReading& before, const ProcessReading& after,
                      double seconds) {
  return {.cpu_seconds = after.cpu_seconds - before.cpu_seconds,
          .cores = CoresBetween(before, after, seconds),
          .rss_bytes = after.rss_bytes,
          .peak_rss_bytes = after.peak_rss_bytes};
}

Slice Join(const Slice& a, const Slice& b) {
  Slice joined = b;
  joined.seconds = a.seconds + b.seconds;
  joined.calls = a.calls + b.calls;
  joined.events = a.events + b.events;
  joined.errors = a.errors + b.errors;
  const auto mean = [&](auto x, auto y) {
    return static_cast<decltype(x)>((static_cast<double>(x) * a.seconds +
                                     static_cast<double>(y) * b.seconds) /
                                    std::max(joined.seconds, 1e-9));
  };
  joined.p50_ns = mean(a.p50_ns, b.p50_ns);
  joined.p99_ns = std::max(a.p99_ns, b.p99_ns);
  joined.max_ns = std::max(a.max_ns, b.max_ns);
  joined.client_cores = mean(a.client_cores, b.client_cores);
  joined.server_cores = mean(a.server_cores, b.server_cores);
  return joined;
}

}  // namespace

Monitor::Readings Monitor::ReadAll(std::int64_t now_ns) const {
  Readings readings{.at_ns = now_ns, .client = ReadProcess(0)};
  if (server_pid_ > 0) readings.server = ReadProcess(server_pid_);
  return readings;
}

void Monitor::Begin(std::int64_t now_ns) { begin_ = last_ = ReadAll(now_ns); }

const Slice& Monitor::Tick(std::int64_t now_ns) {
  tally_.latency.Clear();
  Tally fresh{.latency = std::move(tally_.latency)};
  tally_ = std::move(fresh);
  for (const auto& recorder : recorders_) recorder->TakeSlice(tally_);
  const Readings readings = ReadAll(now_ns);
  const double seconds = static_cast<double>(now_ns - last_.at_ns) * 1e-9;
  slices_.push_back(
      {.at_seconds = static_cast<double>(now_ns - begin_.at_ns) * 1e-9,
       .seconds = seconds,
       .calls = tally_.successes(),
       .events = tally_.events,
       .errors = tally_.errors(),
       .p50_ns = tally_.latency.Percentile(50),
       .p99_ns = tally_.latency.Percentile(99),
       .max_ns = tally_.latency.max(),
       .client_cores = CoresBetween(last_.client, readings.client, seconds),
       .server_cores = CoresBetween(last_.server, readings.server, seconds),
       .server_rss_bytes = readings.server ? readings.server->rss_bytes : 0});
  calls_ += tally_.successes();
  errors_ += tally_.errors();
  last_ = readings;
  if (slices_.size() > kMaxSlices) JoinPairs();
  return slices_.back();
}

void Monitor::JoinPairs() {
  std::vector<Slice> joined;
  for (std::size_t i = 0; i + 1 < slices_.size(); i += 2) {
    joined.push_back(Join(slices_[i], slices_[i + 1]));
  }
  if (slices_.size() % 2 == 1) joined.push_back(slices_.back());
  slices_ = std::move(joined);
}

void Monitor::Fill(std::int64_t now_ns, RunResult& result) {
  const Readings end = ReadAll(now_ns);
  const double seconds = static_cast<double>(now_ns - begin_.at_ns) * 1e-9;
  result.slices = slices_;
  if (begin_.client && end.client) {
    result.client = UseBetween(*begin_.client, *end.client, seconds);
  }
  if (begin_.server && end.server) {
    result.server = UseBetween(*begin_.server, *end.server, seconds);
  }
  result.server_pid = result.server ? server_pid_ : 0;
}

}  // namespace segrid::bench
