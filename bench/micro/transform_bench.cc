// Question: what does the transform cost, and how far is it from the limits of
// the machine?
// Read as:  events/s of CPU time; compare a row with the baseline of the same
//           input. Budget: see the goals in bench/README.md.

#include <cstddef>
#include <map>
#include <string>

#include "bench/micro/corpus.h"
#include "bench/micro/generated_transform.h"
#include "benchmark/benchmark.h"
#include "core/pipeline/transform_batch.h"
#include "simdjson.h"

namespace segrid::bench {
namespace {

using pipeline::Input;
using pipeline::Output;

// An input in both forms, made once.
struct Corpus {
  std::string json;
  std::string typed;
};

const Corpus& CorpusOf(std::size_t events, std::size_t custom_args = 0) {
  static auto* const kCorpora =
      new std::map<std::pair<std::size_t, std::size_t>, Corpus>;
  Corpus& corpus = (*kCorpora)[{events, custom_args}];
  if (corpus.json.empty()) {
    corpus.json = MakeBody(events, custom_args);
    corpus.typed = TypedRequest(corpus.json);
  }
  return corpus;
}

void Report(benchmark::State& state, std::size_t bytes) {
  const auto batches = static_cast<std::int64_t>(state.iterations());
  state.SetItemsProcessed(batches * state.range(0));
  state.SetBytesProcessed(batches * static_cast<std::int64_t>(bytes));
}

void RunTransform(benchmark::State& state, const Input& input, Output output,
                  const transform::Options& options) {
  pipeline::BatchTransformer transformer;
  pipeline::TransformResult result;
  for (auto _ : state) {
    const absl::Status status =
        transformer.Transform(input, options, output, 0, result);
    if (!status.ok() ||
        result.counts.tracks + result.counts.skipped != state.range(0)) {
      state.SkipWithError("wrong answer");
      return;
    }
    benchmark::DoNotOptimize(result.output.begin());
  }
  Report(state, input.bytes.size());
}

enum class CustomArgs { kIgnored, kAll };

void RunTransform(benchmark::State& state, Input::Form form, Output output,
                  std::size_t custom_args = 0,
                  CustomArgs selection = CustomArgs::kAll) {
  const Corpus& corpus =
      CorpusOf(static_cast<std::size_t>(state.range(0)), custom_args);
  transform::Options options;
  options.custom_args.all = custom_args > 0 && selection == CustomArgs::kAll;
  RunTransform(
      state,
      {form, form == Input::Form::kWebhookJson ? corpus.json : corpus.typed},
      output, options);
}

void BM_JsonToJson(benchmark::State& state) {
  RunTransform(state, Input::Form::kWebhookJson, Output::kBatchJson);
}
void BM_JsonToWire(benchmark::State& state) {
  RunTransform(state, Input::Form::kWebhookJson, Output::kTracks);
}
void BM_WireToWire(benchmark::State& state) {
  RunTransform(state, Input::Form::kTypedRequest, Output::kTracks);
}
void BM_WireToJson(benchmark::State& state) {
  RunTransform(state, Input::Form::kTypedRequest, Output::kBatchJson);
}
void BM_JsonToJsonCustomArgs(benchmark::State& state) {
  RunTransform(state, Input::Form::kWebhookJson, Output::kBatchJson,
               static_cast<std::size_t>(state.range(1)));
}
void BM_JsonToJsonIgnoredArgs(benchmark::State& state) {
  RunTransform(state, Input::Form::kWebhookJson, Output::kBatchJson,
               static_cast<std::size_t>(state.range(1)), CustomArgs::kIgnored);
}

// The bytes of a file, for baselines that are programs of their own.
void BM_JsonToJsonFile(benchmark::State& state) {
  const std::string body = ReadBody("bench/bench-events-100.json");
  RunTransform(state, {Input::Form::kWebhookJson, body}, Output::kBatchJson,
               transform::Options());
}

// Baseline: simdjson's DOM parses the same bytes and does nothing else.
void BM_SimdjsonDomParse(benchmark::State& state) {
  const Corpus& corpus = CorpusOf(static_cast<std::size_t>(state.range(0)));
  const simdjson::padded_string body(corpus.json);
  simdjson::dom::parser parser;
  for (auto _ : state) {
    simdjson::dom::element document;
    if (parser.parse(body).get(document) != simdjson::SUCCESS) {
      state.SkipWithError("wrong answer");
      return;
    }
    benchmark::DoNotOptimize(document);
  }
  Report(state, corpus.json.size());
}

enum class Reuse { kNever, kMessages };

void RunGenerated(benchmark::State& state, Output output, Reuse reuse) {
  const Corpus& corpus = CorpusOf(static_cast<std::size_t>(state.range(0)));
  crypto::Sha256 sha256;
  segrid::v1::TransformRequest kept_request;
  segrid::v1::TransformResponse kept_response;
  std::string answer;
  for (auto _ : state) {
    segrid::v1::TransformRequest fresh_request;
    segrid::v1::TransformResponse fresh_response;
    const bool kept = reuse == Reuse::kMessages;
    auto& request = kept ? kept_request : fresh_request;
    auto& response = kept ? kept_response : fresh_response;
    response.Clear();
    answer.clear();
    if (!request.ParseFromString(corpus.typed)) {
      state.SkipWithError("wrong answer");
      return;
    }
    GeneratedTransform(request, sha256, response);
    if (output == Output::kTracks) {
      response.SerializeToString(&answer);
    } else {
      GeneratedJson(response, answer);
    }
    benchmark::DoNotOptimize(answer.data());
  }
  Report(state, corpus.typed.size());
}

void BM_GeneratedHeapToWire(benchmark::State& state) {
  RunGenerated(state, Output::kTracks, Reuse::kNever);
}
void BM_GeneratedReusedToWire(benchmark::State& state) {
  RunGenerated(state, Output::kTracks, Reuse::kMessages);
}
void BM_GeneratedHeapToJson(benchmark::State& state) {
  RunGenerated(state, Output::kBatchJson, Reuse::kNever);
}
void BM_GeneratedReusedToJson(benchmark::State& state) {
  RunGenerated(state, Output::kBatchJson, Reuse::kMessages);
}

BENCHMARK(BM_JsonToJson)->Arg(1)->Arg(10)->Arg(100)->Arg(1000)->Arg(10000);
BENCHMARK(BM_JsonToJsonFile)->Arg(100);
BENCHMARK(BM_SimdjsonDomParse)->Arg(100)->Arg(1000);
BENCHMARK(BM_JsonToWire)->Arg(100);
BENCHMARK(BM_WireToWire)->Arg(1)->Arg(100)->Arg(1000)->Arg(10000);
BENCHMARK(BM_WireToJson)->Arg(100);
BENCHMARK(BM_JsonToJsonIgnoredArgs)->Args({100, 0})->Args({100, 200});
BENCHMARK(BM_GeneratedHeapToWire)->Arg(100);
BENCHMARK(BM_GeneratedReusedToWire)->Arg(100);
BENCHMARK(BM_GeneratedHeapToJson)->Arg(100);
BENCHMARK(BM_GeneratedReusedToJson)->Arg(100);
BENCHMARK(BM_JsonToJsonCustomArgs)
    ->Args({100, 0})
    ->Args({100, 1})
    ->Args({100, 10})
    ->Args({100, 50})
    ->Args({100, 200});

}  // namespace
}  // namespace segrid::bench
