// Question: what do durable appends cost, beside a file that is only appended
//           to and synced?
// Read as:  QueueAppend ÷ RawLogAppend, messages/s at 1, 10 and 100 messages a
//           call, 64 callers; p99 of a call; bytes the disk got per byte of
//           JSON; memory with many messages pending. Goals: bench/README.md.
// Deduplication is on. Writes what Google Benchmark would write.

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "bench/queue/append_load.h"
#include "bench/queue/chunk_maker.h"
#include "bench/queue/raw_log.h"
#include "bench/stats/process_stats.h"
#include "bench/suite/child_process.h"
#include "core/base/clock.h"
#include "core/base/process.h"
#include "core/queue/rocksdb/rocks_queue.h"

namespace segrid::bench {
namespace {

using queue::rocksdb::RocksQueue;

constexpr int kAmplifiedSize = 10;
constexpr int kTurns = 5;
constexpr int kPendingCall = 500;  // Messages of a call that fills the store.

// Bytes this process made the disks write.
double DiskBytes() {
  std::ifstream file("/proc/self/io");
  for (std::string key; file >> key;) {
    double bytes = 0;
    file >> bytes;
    if (key == "write_bytes:") return bytes;
  }
  return 0;
}

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "segrid-queue-bench: %s\n", why.c_str());
  std::exit(1);
}

std::unique_ptr<RocksQueue> OpenQueue(const std::string& directory,
                                      base::Clock& clock) {
  queue::rocksdb::RocksOptions options;
  options.directory = directory;
  auto opened = RocksQueue::Open(std::move(options), clock);
  if (!opened.ok()) Die(std::string(opened.status().message()));
  return *std::move(opened);
}

// Appends and waits, in the same way as callers of the raw log.
bool Append(queue::Queue& queue, queue::Chunk chunk) {
  enum : int { kWaiting, kAppended, kFailed };
  // Shared, since whoever notifies may come after the caller has gone.
  const auto state = std::make_shared<std::atomic<int>>(kWaiting);
  queue::AppendBatch batch;
  batch.chunks.push_back(std::move(chunk));
  queue.Append(std::move(batch),
               [state](const absl::StatusOr<queue::AppendResult>& result) {
                 const bool ok =
                     result.ok() && result->lanes[0].duplicates == 0;
                 state->store(ok ? kAppended : kFailed);
                 state->notify_one();
               });
  state->wait(kWaiting);
  return state->load() == kAppended;
}

// Lends and acks everything that is pending.
void DrainQueue(queue::Queue& queue) {
  for (bool more = true; more;) {
    absl::Notification done;
    queue::Lease lease;
    queue::TakeRequest request;
    request.lane = "bench";
    queue.Take(request, [&](absl::StatusOr<queue::Lease> taken) {
      if (taken.ok()) lease = *std::move(taken);
      done.Notify();
    });
    done.WaitForNotification();
    more = !lease.messages.empty();
    if (!more) return;
    absl::Notification acked;
    queue.Ack({.lane = "bench",
               .lease_id = lease.id,
               .ranges = {{lease.messages.front().sequence,
                           lease.messages.back().sequence}}},
              [&](const absl::Status&) { acked.Notify(); });
    acked.WaitForNotification();
  }
}

// The benchmarks of the result.
class Results {
 public:
  void Add(const std::string& name, const char* key, double value) {
    absl::StrAppend(&text_, text_.empty() ? "" : ",\n", "{\"name\":\"", name,
                    "\",\"", key, "\":", value, "}");
  }
  void AddRate(const std::string& name, const AppendRate& rate, int size) {
    Add(name, "items_per_second",
        static_cast<double>(rate.calls * size) / rate.seconds);
    Add(name, "p99_seconds",
        static_cast<double>(rate.latency.Percentile(99)) * 1e-9);
    Add(name, "cpu_seconds_per_item",
        rate.cpu_seconds / static_cast<double>(rate.calls * size));
  }
  bool Write(const std::string& path) const {
    std::ofstream file(path);
    file << "{\"benchmarks\":[\n" << text_ << "]}\n";
    file.close();
    return file.good();
  }

 private:
  std::string text_;
};

void Add(const AppendRate& more, AppendRate& sum) {
  sum.calls += more.calls;
  sum.seconds += more.seconds;
  sum.cpu_seconds += more.cpu_seconds;
  sum.latency.Merge(more.latency);
  sum.failed = sum.failed || more.failed;
}

// Both stores in turn, a little of each: what else the disk has to do meets
// both.
void MeasureSize(const AppendLoad& load, const std::string& directory, int size,
                 Results& results) {
  const ChunkMaker chunks(size);
  base::SystemClock clock;
  RawLog log(absl::StrCat(directory, "/raw-", size));
  const auto queue = OpenQueue(absl::StrCat(directory, "/queue-", size), clock);
  AppendRate raw;
  AppendRate queued;
  double disk_bytes = 0;
  for (int turn = 0; turn < kTurns; ++turn) {
    const auto make = [&](int caller, std::int64_t call) {
      return chunks.Make(caller, call * kTurns + turn);
    };
    Add(RunAppends(load,
                   [&](int caller, std::int64_t call) {
                     return log.Append(make(caller, call).json.view());
                   }),
        raw);
    const double before = DiskBytes();
    Add(RunAppends(load,
                   [&](int caller, std::int64_t call) {
                     return Append(*queue, make(caller, call));
                   }),
        queued);
    disk_bytes += DiskBytes() - before;
  }
  if (raw.failed || queued.failed) Die("an append failed: is the disk full?");
  results.AddRate(absl::StrCat("RawLogAppend/", size), raw, size);
  results.AddRate(absl::StrCat("QueueAppend/", size), queued, size);
  if (size != kAmplifiedSize) return;
  const double before = DiskBytes();
  DrainQueue(*queue);
  disk_bytes += DiskBytes() - before;
  const double payload =
      static_cast<double>(queued.calls) * chunks.mean_bytes();
  results.Add(absl::StrCat("QueueAppend/", size), "write_amplification",
              disk_bytes / payload);
}

void MeasurePending(std::int64_t messages, const std::string& directory,
                    Results& results) {
  const ChunkMaker chunks(kPendingCall);
  base::SystemClock clock;
  const std::string path = directory + "/pending";
  {
    const auto queue = OpenQueue(path, clock);
    for (std::int64_t call = 0; call < messages / kPendingCall; ++call) {
      if (!Append(*queue, chunks.Make(0, call))) Die("an append failed");
    }
    const auto use = ReadProcess(0);
    if (use) {
      results.Add("QueuePending", "rss_bytes",
                  static_cast<double>(use->rss_bytes));
    }
  }
  const absl::Time begin = absl::Now();
  const auto queue = OpenQueue(path, clock);
  results.Add("QueuePending", "open_seconds",
              absl::ToDoubleSeconds(absl::Now() - begin));
}

struct Settings {
  std::string path;
  double seconds = 0.4;
  std::vector<int> sizes = {1, 10, 100};
  std::int64_t pending = 0;
};

int Main(const Settings& settings) {
  Results results;
  const absl::StatusOr<TemporaryDirectory> directory =
      TemporaryDirectory::Make();
  if (!directory.ok()) Die(std::string(directory.status().message()));
  const AppendLoad load{.duration = absl::Seconds(settings.seconds / kTurns)};
  if (settings.pending > 0) {
    MeasurePending(settings.pending, directory->path(), results);
  } else {
    for (const int size : settings.sizes) {
      MeasureSize(load, directory->path(), size, results);
    }
  }
  return results.Write(settings.path) ? 0 : 1;
}

}  // namespace
}  // namespace segrid::bench

int main(int argc, char** argv) {
  segrid::base::TuneProcess();
  CLI::App app("Measures the durable queue beside a raw log.",
               "segrid-queue-bench");
  segrid::bench::Settings settings;
  app.add_option("--out", settings.path, "Where the result goes")->required();
  app.add_option("--seconds", settings.seconds, "Length of each measurement")
      ->capture_default_str();
  app.add_option("--sizes", settings.sizes, "Messages of a call")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--pending", settings.pending,
                 "Instead: memory and opening with so many messages pending");
  CLI11_PARSE(app, argc, argv);
  return segrid::bench::Main(settings);
}
