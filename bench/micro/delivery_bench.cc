// Question: how fast does delivery empty a queue over HTTPS, and how far is it
// from the parts that nobody can avoid: reading the queue's frames one after
// the other, ISA-L on the same bytes, and a client that does nothing but send?
// Read as:  events/s of CPU time of this process; the server is another one.
//           cpu_seconds is that of a Track. Goals: bench/README.md.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "bench/micro/corpus.h"
#include "bench/micro/frame_file.h"
#include "bench/micro/https_sink.h"
#include "bench/micro/only_sender.h"
#include "bench/suite/child_process.h"
#include "benchmark/benchmark.h"
#include "core/base/clock.h"
#include "core/deliver/deliverer.h"
#include "core/http/gzip.h"
#include "core/pipeline/forward_batch.h"
#include "core/pool/thread_pool.h"
#include "core/queue/memory/memory_queue.h"
#include "core/queue/rocksdb/rocks_queue.h"
#include "core/receivers/segment/segment_receiver.h"

namespace segrid::bench {
namespace {

constexpr std::int64_t kEvents = 20'000;  // Of an iteration.
constexpr std::int64_t kBatchBytes = 475'000 - 64;

const HttpsSink& Sink() {
  static const HttpsSink sink;
  return sink;
}

// Tracks of the corpus with an id of its own each, numbered from `first`.
queue::Chunk MakeChunk(std::size_t events, std::size_t first = 0) {
  const std::string name = "prod";
  const transform::Options options;
  std::vector<pipeline::ForwardLane> lanes(1);
  pipeline::ForwardLane& lane = lanes.front();
  lane.name = &name;
  lane.options = &options;
  std::vector<pipeline::Issue> issues;
  pipeline::Counts counts;
  const std::string body = MakeBody(1'000, 0);
  if (!pipeline::ForwardTransformer()
           .Transform({.bytes = body}, 10'000, lanes, issues, counts)
           .ok()) {
    std::abort();
  }
  const std::string_view tracks(lane.json.begin(), lane.json.size());
  queue::Chunk chunk{.lane = "prod"};
  std::string json;
  for (std::size_t i = 0; i < events; ++i) {
    queue::Message message = lane.messages[i % lane.messages.size()];
    if (!json.empty()) json += ',';
    const std::size_t at = json.size();
    json += tracks.substr(message.offset, message.size_bytes);
    const std::string id = absl::StrFormat("%08d", first + i);
    message.id_offset += static_cast<std::uint32_t>(at) - message.offset;
    message.offset = static_cast<std::uint32_t>(at);
    if (message.id_size_bytes < id.size()) std::abort();
    json.replace(message.id_offset, id.size(), id);
    chunk.messages.push_back(message);
  }
  chunk.json = queue::Bytes(std::move(json));
  return chunk;
}

const queue::Chunk& Backlog() {
  static const queue::Chunk chunk = MakeChunk(kEvents);
  return chunk;
}

void Report(benchmark::State& state) {
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) *
                          kEvents);
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(Backlog().json.size()));
  state.counters["cpu_seconds"] =
      benchmark::Counter(static_cast<double>(kEvents),
                         benchmark::Counter::kIsIterationInvariantRate |
                             benchmark::Counter::kInvert);
}

// The backlog's batches, as large as delivery's.
std::vector<std::string> Bodies() {
  const queue::Chunk& all = Backlog();
  std::vector<std::string> bodies;
  const char* const begin = "{\"batch\":[";
  std::string body = begin;
  for (const queue::Message& message : all.messages) {
    if (static_cast<std::int64_t>(body.size() + message.size_bytes) + 1 >
        kBatchBytes) {
      bodies.push_back(std::exchange(body, begin));
    }
    if (body.back() != '[') body += ',';
    body += all.track(message);
  }
  bodies.push_back(std::move(body));
  for (std::string& each : bodies) {
    each += "],\"sentAt\":\"2026-06-09T18:19:12.000Z\"}";
  }
  return bodies;
}

// Bodies that are compressed already.
void BM_SendsCompressed(benchmark::State& state) {
  std::vector<std::string> bodies = Bodies();
  for (std::string& body : bodies) body = *http::Gzip(body);
  OnlySender sender(Sink());
  for (auto _ : state) {
    for (const std::string& body : bodies) {
      if (!sender.Post(body, "Content-Encoding: gzip\r\n")) {
        return state.SkipWithError("not sent");
      }
    }
  }
  Report(state);
}

void BM_Gzip(benchmark::State& state) {
  const std::vector<std::string> bodies = Bodies();
  for (auto _ : state) {
    for (const std::string& body : bodies) {
      benchmark::DoNotOptimize(http::Gzip(body)->data());
    }
  }
  Report(state);
}

// The backlog from a file of LZ4 frames, one read a body.
void BM_ReadsFrames(benchmark::State& state) {
  FrameFile frames(Bodies());
  for (auto _ : state) {
    if (!frames.ReadAll()) return state.SkipWithError("not read");
  }
  Report(state);
}

void RunOnlySends(benchmark::State& state, bool gzip) {
  const std::vector<std::string> bodies = Bodies();
  OnlySender sender(Sink());
  for (auto _ : state) {
    for (const std::string& body : bodies) {
      const bool sent =
          gzip ? sender.Post(*http::Gzip(body), "Content-Encoding: gzip\r\n")
               : sender.Post(body, "");
      if (!sent) return state.SkipWithError("not sent");
    }
  }
  Report(state);
}

// Notes when all messages of a backlog were taken, which costs less than to ask
// the queue for each batch.
class Counting final : public receivers::Receiver {
 public:
  explicit Counting(std::unique_ptr<receivers::Receiver> inner)
      : inner_(std::move(inner)) {}

  void Send(receivers::Batch batch, Done done) override {
    const auto count = static_cast<std::int64_t>(batch.tracks.size());
    inner_->Send(std::move(batch), [this, count, done = std::move(done)](
                                       receivers::SendResult result) {
      const bool taken = result.verdict == receivers::Verdict::kDelivered;
      done(std::move(result));
      if (taken && (left_ -= count) == 0) all_.load()->Notify();
    });
  }
  receivers::Limits limits() const override { return inner_->limits(); }
  std::string endpoint() const override { return inner_->endpoint(); }

  // Before the first of `messages` is sent.
  void Expect(std::int64_t messages, absl::Notification& all) {
    all_ = &all;
    left_ = messages;
  }

 private:
  const std::unique_ptr<receivers::Receiver> inner_;
  std::atomic<std::int64_t> left_ = 0;
  std::atomic<absl::Notification*> all_ = nullptr;
};

// The backlog as calls of 100 events bring it.
std::vector<queue::Chunk> Calls() {
  constexpr std::int64_t kEventsOfCall = 100;
  std::vector<queue::Chunk> calls;
  for (std::int64_t i = 0; i < kEvents; i += kEventsOfCall) {
    calls.push_back(MakeChunk(kEventsOfCall, static_cast<std::size_t>(i)));
  }
  return calls;
}

// Everything that delivery needs.
class Delivery {
 public:
  Delivery(bool gzip, queue::Queue& queue, std::vector<queue::Chunk> backlog)
      : queue_(queue), backlog_(std::move(backlog)) {
    std::vector<deliver::Source> sources(1);
    sources[0].name = "prod";
    sources[0].requests_per_second = 10'000;
    auto counting = std::make_unique<Counting>(
        receivers::segment::SegmentReceiver::Create(
            {.region = "",
             .endpoint = absl::StrCat("https://localhost:", Sink().port()),
             .write_key = base::Secret("key"),
             .gzip = gzip,
             .tls = {.ca_file = Sink().ca_file()}},
            pool_->io(), clock_)
            .value());
    counting_ = counting.get();
    sources[0].receiver = std::move(counting);
    deliverer_ = std::make_unique<deliver::Deliverer>(
        deliver::Environment{clock_, queue_, *pool_, retry::UniformJitter()},
        deliver::Options{.linger = absl::ZeroDuration()}, std::move(sources));
    deliverer_->Start();
  }
  ~Delivery() { pool_->Stop(); }

  // Puts the backlog into the queue, while delivery is paused.
  void Fill() {
    deliverer_->Pause("prod").IgnoreError();
    absl::BlockingCounter left(static_cast<int>(backlog_.size()));
    for (const queue::Chunk& chunk : backlog_) {
      queue::AppendBatch batch;
      batch.chunks.push_back(chunk);
      queue_.Append(std::move(batch),
                    [&left](const auto&) { left.DecrementCount(); });
    }
    left.Wait();
  }

  void Drain() {
    absl::Notification all;
    counting_->Expect(kEvents, all);
    deliverer_->Resume("prod").IgnoreError();
    all.WaitForNotification();
  }

  // After a drain, once the last settlement is through.
  std::int64_t Delivered() {
    while (true) {
      const queue::LaneStats stats = queue_.GetLaneStats("prod").value();
      if (stats.pending == 0) return stats.delivered;
      std::this_thread::yield();
    }
  }

 private:
  base::SystemClock clock_;
  std::unique_ptr<pool::ThreadPool> pool_ = *pool::ThreadPool::Create(4);
  queue::Queue& queue_;
  const std::vector<queue::Chunk> backlog_;
  Counting* counting_ = nullptr;
  std::unique_ptr<deliver::Deliverer> deliverer_;
};

void RunDelivery(benchmark::State& state, Delivery& delivery) {
  std::int64_t expected = 0;
  for (auto _ : state) {
    state.PauseTiming();
    delivery.Fill();
    expected += kEvents;
    state.ResumeTiming();
    delivery.Drain();
    state.PauseTiming();
    const bool all = delivery.Delivered() == expected;
    state.ResumeTiming();
    if (!all) return state.SkipWithError("not delivered");
  }
  Report(state);
}

void BM_OnlySendsTls(benchmark::State& state) { RunOnlySends(state, false); }
void BM_OnlySendsTlsGzip(benchmark::State& state) { RunOnlySends(state, true); }
// From memory. The same ids come again and again, so there is no deduplication.
void RunFromMemory(benchmark::State& state, bool gzip) {
  Sink();
  base::SystemClock clock;
  queue::memory::MemoryQueue queue({.dedup_memory_bytes = 0}, clock);
  Delivery delivery(gzip, queue, {Backlog()});
  RunDelivery(state, delivery);
}

void BM_DeliveryTls(benchmark::State& state) { RunFromMemory(state, false); }
void BM_DeliveryTlsGzip(benchmark::State& state) { RunFromMemory(state, true); }

// From the durable queue, whose messages come back from its files.
void BM_DurableDeliveryTlsGzip(benchmark::State& state) {
  Sink();
  const auto directory = TemporaryDirectory::Make();
  base::SystemClock clock;
  queue::rocksdb::RocksOptions options;
  options.dedup_memory_bytes = 0;
  if (directory.ok()) options.directory = directory->path();
  auto queue = queue::rocksdb::RocksQueue::Open(std::move(options), clock);
  if (!directory.ok() || !queue.ok()) return state.SkipWithError("no queue");
  Delivery delivery(true, **queue, Calls());
  RunDelivery(state, delivery);
}

BENCHMARK(BM_OnlySendsTls)
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(BM_DeliveryTls)
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(BM_OnlySendsTlsGzip)
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(BM_DeliveryTlsGzip)
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(BM_SendsCompressed)
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Gzip)->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);
BENCHMARK(BM_ReadsFrames)
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(BM_DurableDeliveryTlsGzip)
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace segrid::bench
