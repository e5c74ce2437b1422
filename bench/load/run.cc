#include "bench/load/run.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "absl/time/clock.h"
#include "bench/load/driver.h"
#include "bench/load/feed.h"
#include "bench/load/http_transport.h"
#include "bench/load/monitor.h"
#include "bench/load/pacer.h"
#include "bench/load/settings.h"
#include "bench/load/workers.h"
#include "core/base/status_macros.h"

namespace segrid::bench {
namespace {

constexpr std::int64_t kForever = std::int64_t{1} << 62;
constexpr absl::Duration kPoll = absl::Milliseconds(2);
// Time for connections and threads to settle before the first call.
constexpr std::int64_t kSettleNs = 1'000'000;

std::chrono::steady_clock::time_point AtNanos(std::int64_t nanos) {
  return std::chrono::steady_clock::time_point(std::chrono::nanoseconds(nanos));
}

// The moments of a run, on the monotonic clock.
struct Times {
  std::int64_t begin_ns;   // The warm-up begins.
  std::int64_t window_ns;  // The measurement begins.
  std::int64_t end_ns;     // No more calls start.
  std::int64_t slice_ns;   // Length of a slice.

  explicit Times(const RunOptions& options)
      : begin_ns(SteadyNanos() + kSettleNs),
        window_ns(begin_ns + absl::ToInt64Nanoseconds(options.warmup)),
        end_ns(options.count > 0
                   ? kForever
                   : window_ns + absl::ToInt64Nanoseconds(options.duration)),
        slice_ns(options.count > 0
                     ? 250'000'000
                     : std::clamp<std::int64_t>(
                           absl::ToInt64Nanoseconds(options.duration) / 100,
                           100'000'000, 10'000'000'000)) {}
};

using MakeTransport =
    std::function<std::unique_ptr<Transport>(const TransportOptions&)>;

// Everything that lives during a run, in the order it must be made.
class Session {
 public:
  Session(const RunOptions& options, const std::vector<Payload>& payloads,
          const MakeTransport& make_transport)
      : options_(options),
        method_(RowOf(options.payload.method)),
        times_(options),
        feed_(payloads, method_.is_forward && options.unique_ids,
              static_cast<std::uint32_t>(absl::ToUnixMillis(absl::Now()))),
        closed_(times_.window_ns, times_.end_ns, options.count),
        open_(ConcurrencyOf(options)) {
    if (!options.rates.empty()) {
      schedule_.emplace(
          options.rates,
          (times_.end_ns - times_.window_ns) / std::ssize(options.rates),
          times_.window_ns - times_.begin_ns);
    }
    transport_ = make_transport(
        {.threads = ThreadsOf(options),
         .window_start_ns = times_.window_ns,
         .steps = std::max<std::size_t>(1, options.rates.size()),
         .make_settings = [this](Recorder& r) { return LaneOf(r); }});
  }

  RunResult Measure(const std::function<void(const Progress&)>& progress);

 private:
  LaneSettings LaneOf(Recorder& recorder) {
    return {.method = method_,
            .feed = feed_,
            .recorder = recorder,
            .driver = schedule_ ? static_cast<Driver&>(open_)
                                : static_cast<Driver&>(closed_),
            .schedule = schedule_ ? &*schedule_ : nullptr,
            .schedule_begin_ns = times_.begin_ns,
            .timeout_ns = absl::ToInt64Nanoseconds(options_.timeout),
            .metadata = options_.metadata};
  }
  void StartClosed();
  void PaceOpen();
  bool IsDone() {
    return schedule_ ? paced_.load() && open_.idle() : closed_.done();
  }
  void Watch(Monitor& monitor,
             const std::function<void(const Progress&)>& progress);
  void Collect(RunResult& result);

  const RunOptions& options_;
  const MethodRow& method_;
  const Times times_;
  Feed feed_;
  ClosedLoop closed_;
  OpenLoop open_;
  std::optional<Schedule> schedule_;
  std::atomic<bool> paced_ = false;
  std::int64_t not_sent_ = 0;  // Written before paced_.
  std::unique_ptr<Transport> transport_;
};

void Session::StartClosed() {
  const std::int32_t concurrency = ConcurrencyOf(options_);
  for (std::int32_t i = 0; i < concurrency; ++i) {
    const std::int64_t now = SteadyNanos();
    if (closed_.Enter(now)) {
      transport_->StartOn(static_cast<std::uint64_t>(i), now);
    }
  }
}

void Session::PaceOpen() {
  SystemPaceClock clock;
  // What cannot be sent within a call's time-out after the end never will be.
  const std::int64_t give_up =
      times_.end_ns + absl::ToInt64Nanoseconds(options_.timeout);
  std::uint64_t next = 0;
  not_sent_ =
      Pace(*schedule_, {.begin_ns = times_.begin_ns, .give_up_ns = give_up},
           clock, [&](std::int64_t intended) {
             if (!open_.Acquire(AtNanos(give_up))) return false;
             transport_->StartOn(next++, intended);
             return true;
           });
  paced_.store(true);
}

void Session::Watch(Monitor& monitor,
                    const std::function<void(const Progress&)>& progress) {
  std::int64_t next_slice = times_.window_ns;
  bool has_begun = false;
  while (!IsDone()) {
    absl::SleepFor(kPoll);
    const std::int64_t now = SteadyNanos();
    if (now < next_slice) continue;
    next_slice += times_.slice_ns;
    transport_->Check(now);
    if (!has_begun) {
      has_begun = true;
      monitor.Begin(now);
      continue;
    }
    const Slice& slice = monitor.Tick(now);
    if (!progress) continue;
    progress({.seconds = slice.at_seconds,
              .total_seconds = options_.count > 0
                                   ? 0
                                   : absl::ToDoubleSeconds(options_.duration),
              .last = slice,
              .calls = monitor.calls(),
              .errors = monitor.errors()});
  }
  if (!has_begun) monitor.Begin(SteadyNanos());
  monitor.Tick(SteadyNanos());
}

void Session::Collect(RunResult& result) {
  result.steps.resize(std::max<std::size_t>(1, options_.rates.size()));
  for (const auto& recorder : transport_->recorders()) {
    recorder->AddTo(result.steps);
    if (result.first_error.empty()) {
      result.first_error = recorder->first_error();
    }
  }
  result.steps.back().tally.codes[kNotSent] = not_sent_;
  const std::int64_t planned_end =
      options_.count > 0 ? times_.window_ns : times_.end_ns;
  const std::int64_t step_ns =
      (planned_end - times_.window_ns) / std::ssize(result.steps);
  for (std::size_t i = 0; i < result.steps.size(); ++i) {
    StepResult& step = result.steps[i];
    if (schedule_) step.target_rate = options_.rates[i];
    const std::int64_t begin =
        times_.window_ns + static_cast<std::int64_t>(i) * step_ns;
    const std::int64_t end = std::max(begin + step_ns, step.tally.last_end_ns);
    step.elapsed_seconds = static_cast<double>(end - begin) * 1e-9;
    result.total.Merge(step.tally);
  }
  const std::int64_t end = std::max(planned_end, result.total.last_end_ns);
  result.elapsed_seconds = static_cast<double>(end - times_.window_ns) * 1e-9;
}

RunResult Session::Measure(
    const std::function<void(const Progress&)>& progress) {
  RunResult result;
  result.settings = Describe(options_);
  result.start_time = absl::Now();
  Monitor monitor(transport_->recorders(), FindServer(options_));
  std::thread pacer;
  if (schedule_) {
    pacer = std::thread([this] { PaceOpen(); });
  } else {
    StartClosed();
  }
  Watch(monitor, progress);
  if (pacer.joinable()) pacer.join();
  monitor.Fill(SteadyNanos(), result);
  transport_->Stop();
  Collect(result);
  return result;
}

}  // namespace

absl::StatusOr<RunResult> Run(
    const RunOptions& options,
    const std::function<void(const Progress&)>& progress) {
  SEGRID_RETURN_IF_ERROR(options.Validate());
  SEGRID_ASSIGN_OR_RETURN(const std::vector<Payload> payloads,
                          MakePayloads(options.payload));
  if (options.payload.method == Method::kWebhook) {
    SEGRID_ASSIGN_OR_RETURN(const auto target, OpenHttp(options));
    return Session(options, payloads,
                   [&target](const TransportOptions& t) {
                     return MakeHttpTransport(target, t);
                   })
        .Measure(progress);
  }
  SEGRID_ASSIGN_OR_RETURN(
      const auto channels,
      Connect(options.target, options.connections, options.connect_timeout));
  return Session(options, payloads,
                 [&](const TransportOptions& t) {
                   const bool is_stream =
                       RowOf(options.payload.method).is_stream;
                   return std::make_unique<Workers>(
                       t, is_stream ? options.streams : 1, channels);
                 })
      .Measure(progress);
}

}  // namespace segrid::bench
