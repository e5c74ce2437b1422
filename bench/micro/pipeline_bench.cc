// Question: what does the in-process door (pipeline.h) cost beyond the codecs
//           called directly, and does it grow with threads?
// Read as:  BM_PipelineTransform ÷ BM_CodecsDirectly, events/s: at least 0.95;
//           threads:2 ÷ threads:1 by the clock: 2 where two cores are free.

#include <cstddef>
#include <optional>
#include <string>

#include "bench/micro/corpus.h"
#include "benchmark/benchmark.h"
#include "core/base/clock.h"
#include "core/codec/json_reader.h"
#include "core/codec/json_writer.h"
#include "core/pipeline/pipeline.h"
#include "core/pool/thread_pool.h"
#include "core/queue/memory/memory_queue.h"
#include "core/transform/transformer.h"

namespace segrid::bench {
namespace {

using pipeline::Input;
using pipeline::Output;

constexpr std::size_t kSpareBytes = 16 << 10;

// A pipeline as the embedded mode has it: nothing is delivered.
class Embedded {
 public:
  Embedded() : queue_({}, clock_), pool_(pool::ThreadPool::Create(1)) {
    deliverer_.emplace(
        deliver::Environment{clock_, queue_, **pool_, [] { return 0.5; }},
        deliver::Options{}, std::vector<deliver::Source>{});
    pipeline_.emplace(config::Config{},
                      pipeline::Environment{clock_, queue_, *deliverer_});
  }
  ~Embedded() { (*pool_)->Stop(); }

  pipeline::Pipeline& pipeline() { return *pipeline_; }

 private:
  base::SystemClock clock_;
  queue::memory::MemoryQueue queue_;
  absl::StatusOr<std::unique_ptr<pool::ThreadPool>> pool_;
  std::optional<deliver::Deliverer> deliverer_;
  std::optional<pipeline::Pipeline> pipeline_;
};

void Report(benchmark::State& state, std::size_t bytes) {
  const auto batches = static_cast<std::int64_t>(state.iterations());
  state.SetItemsProcessed(batches * state.range(0));
  state.SetBytesProcessed(batches * static_cast<std::int64_t>(bytes));
}

void RunPipeline(benchmark::State& state, pipeline::Pipeline& pipeline) {
  const std::string body =
      MakeBody(static_cast<std::size_t>(state.range(0)), 0);
  pipeline::TransformResult result;
  for (auto _ : state) {
    const absl::Status status = pipeline.Transform(
        {Input::Form::kWebhookJson, body}, "", Output::kBatchJson, result);
    if (!status.ok() || result.counts.events != state.range(0)) {
      state.SkipWithError("wrong answer");
      return;
    }
    benchmark::DoNotOptimize(result.output.begin());
  }
  Report(state, body.size());
}

void BM_PipelineTransform(benchmark::State& state) {
  Embedded embedded;
  RunPipeline(state, embedded.pipeline());
}

// One pipeline for all threads, as a server has it.
void BM_PipelineThreads(benchmark::State& state) {
  static auto* const kEmbedded = new Embedded;
  RunPipeline(state, kEmbedded->pipeline());
}

// What a program would write that uses reader, transformer and writer itself.
// It counts what it gets, and no more: no limits, no issues, no sources.
void BM_CodecsDirectly(benchmark::State& state) {
  const std::string body =
      MakeBody(static_cast<std::size_t>(state.range(0)), 0);
  const transform::Options options;
  codec::JsonReader reader;
  codec::JsonWriter writer;
  codec::Event event;
  codec::Track track;
  codec::OutputBuffer output;
  transform::Transformer transformer;
  for (auto _ : state) {
    output.Clear();
    output.Reserve(body.size() + kSpareBytes);
    output.Append("{\"batch\":[");
    std::int64_t events = 0;
    bool ok = reader.Open(body).ok();
    while (ok && reader.Next(event) == codec::JsonReader::Step::kEvent) {
      ++events;
      if (transformer.Transform(event, options, track) !=
          transform::Reason::kNone) {
        continue;
      }
      writer.Append(track, output);
      output.Append(",");
    }
    output.Truncate(output.size() - 1);
    output.Append("]}");
    if (!reader.status().ok() || events != state.range(0)) {
      state.SkipWithError("wrong answer");
      return;
    }
    benchmark::DoNotOptimize(output.begin());
  }
  Report(state, body.size());
}

BENCHMARK(BM_PipelineTransform)->Arg(100)->Arg(1000);
BENCHMARK(BM_CodecsDirectly)->Arg(100)->Arg(1000);
BENCHMARK(BM_PipelineThreads)->Arg(100)->Threads(1)->Threads(2)->UseRealTime();

}  // namespace
}  // namespace segrid::bench
