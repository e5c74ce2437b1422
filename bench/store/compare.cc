#include "bench/store/compare.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/synchronization/notification.h"
#include "bench/store/load.h"
#include "bench/store/raw_log.h"
#include "core/base/clock.h"
#include "core/queue/rocksdb/rocks_queue.h"

namespace segrid::bench::store {
namespace {

namespace fs = std::filesystem;

// Events per call, and the least ratio of rates that is asked for.
struct Case {
  int events;
  double least_ratio;
};
constexpr std::array kCases = {Case{1, 0.65}, Case{10, 0.5}, Case{100, 0.6}};
constexpr double kMostP99Ratio = 3;
constexpr double kMostWriteAmplification = 1.5;

LoadResult MeasureRaw(const std::string& directory, const LoadOptions& load) {
  const std::string path = directory + "/raw.log";
  LoadResult result;
  {
    RawLog log(path);
    result = RunLoad(
        load, [&log](queue::Chunk chunk) { log.Append(chunk.json.view()); });
  }
  fs::remove(path);
  return result;
}

std::unique_ptr<queue::rocksdb::RocksQueue> OpenStore(
    const std::string& directory, base::Clock& clock) {
  auto queue = queue::rocksdb::RocksQueue::Open(
      {.directory = directory,
       .max_bytes = std::int64_t{1} << 40,
       .max_lane_bytes = std::int64_t{1} << 40},
      clock);
  if (!queue.ok()) {
    absl::FPrintF(stderr, "%s\n", std::string(queue.status().message()));
    std::exit(1);
  }
  return *std::move(queue);
}

void AppendTo(queue::Queue& queue, queue::Chunk chunk) {
  absl::Notification done;
  queue.Append({.chunks = {std::move(chunk)}},
               [&done](const absl::StatusOr<queue::AppendResult>& result) {
                 if (!result.ok()) std::abort();
                 done.Notify();
               });
  done.WaitForNotification();
}

// Takes and acknowledges until `stop`, as fast as it can.
void Deliver(queue::Queue& queue, const std::atomic<bool>& stop) {
  while (!stop) {
    absl::Notification done;
    queue.Take({.lane = "prod"}, [&](absl::StatusOr<queue::Lease> lease) {
      if (!lease.ok()) std::abort();
      if (lease->messages.empty()) return done.Notify();
      queue.Ack({"prod",
                 lease->id,
                 {{lease->messages.front().sequence,
                   lease->messages.back().sequence}}},
                [&done](const absl::Status&) { done.Notify(); });
    });
    done.WaitForNotification();
  }
}

LoadResult MeasureStore(const std::string& directory, const LoadOptions& load,
                        bool deliver) {
  const std::string path = directory + "/store";
  base::SystemClock clock;
  LoadResult result;
  {
    const auto queue = OpenStore(path, clock);
    std::atomic<bool> stop = false;
    std::thread deliverer([&] {
      if (deliver) Deliver(*queue, stop);
    });
    result = RunLoad(load, [&queue](queue::Chunk chunk) {
      AppendTo(*queue, std::move(chunk));
    });
    stop = true;
    deliverer.join();
    const queue::LaneStats s = *queue->GetLaneStats("prod");
    if (s.accepted != s.delivered + s.pending || s.duplicates != 0) {
      std::abort();
    }
  }
  fs::remove_all(path);
  return result;
}

// The median by rate.
LoadResult Median(std::vector<LoadResult> results) {
  std::sort(results.begin(), results.end(),
            [](const LoadResult& a, const LoadResult& b) {
              return a.events_per_second < b.events_per_second;
            });
  return results[results.size() / 2];
}

double Amplification(const LoadResult& result) {
  return static_cast<double>(result.written_bytes) /
         static_cast<double>(result.payload_bytes);
}

void PrintRow(std::ostream& out, int events, const char* what,
              const LoadResult& result) {
  out << absl::StreamFormat(
      "%-7d %-22s %11.0f  %9.3f  %9.3f  %9.2f  %7.2f\n", events, what,
      result.events_per_second, absl::ToDoubleMilliseconds(result.p50),
      absl::ToDoubleMilliseconds(result.p99),
      absl::ToDoubleMicroseconds(result.processor_per_event),
      Amplification(result));
}

bool CompareCase(const CompareOptions& options, const Case& one,
                 std::ostream& out) {
  const LoadOptions load{.events_per_call = one.events,
                         .duration = options.duration};
  std::vector<LoadResult> raw, store, delivering;
  for (int round = 0; round < options.rounds; ++round) {
    raw.push_back(MeasureRaw(options.directory, load));
    store.push_back(MeasureStore(options.directory, load, false));
    delivering.push_back(MeasureStore(options.directory, load, true));
  }
  const LoadResult r = Median(raw);
  const LoadResult s = Median(store);
  const LoadResult d = Median(delivering);
  PrintRow(out, one.events, "raw log", r);
  PrintRow(out, one.events, "store", s);
  PrintRow(out, one.events, "store, delivering", d);
  const double ratio = s.events_per_second / r.events_per_second;
  const double p99 = absl::FDivDuration(s.p99, r.p99);
  out << absl::StreamFormat(
             "        store / raw log: rate %.2f (asked for: %.2f), p99 %.2f "
             "(at most %.0f)\n",
             ratio, one.least_ratio, p99, kMostP99Ratio)
      << std::flush;
  const bool amplified =
      one.events == 10 && Amplification(d) > kMostWriteAmplification;
  return ratio >= one.least_ratio && p99 <= kMostP99Ratio && !amplified;
}

}  // namespace

bool Compare(const CompareOptions& options, std::ostream& out) {
  out << "events  what                    events/s     p50 ms     p99 ms  "
         "cpu us/ev  written/payload\n";
  bool good = true;
  for (const Case& one : kCases) {
    if (options.only_events != 0 && options.only_events != one.events) continue;
    good = CompareCase(options, one, out) && good;
  }
  return good;
}

}  // namespace segrid::bench::store
