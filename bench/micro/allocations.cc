// Question: how often does the steady state ask for memory?
// Read as:  calls of malloc, operator new and the like per event, of 1,000
//           batches after the first 10, the output buffer used again: 0.
// A program of its own: counting takes the place of malloc, and would slow the
// baselines of the other benches down.

#include <array>
#include <cstdio>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "bench/micro/corpus.h"
#include "core/base/process.h"
#include "core/pipeline/transform_batch.h"
#include "tests/testing/allocation_count.h"

namespace segrid::bench {
namespace {

using pipeline::Input;
using pipeline::Output;

constexpr std::size_t kEvents = 100;
constexpr int kWarmUps = 10;
constexpr int kBatches = 1000;

struct Way {
  const char* name;
  Input::Form form;
  Output output;
};
constexpr std::array<Way, 4> kWays = {{
    {"JsonToJson", Input::Form::kWebhookJson, Output::kBatchJson},
    {"JsonToWire", Input::Form::kWebhookJson, Output::kTracks},
    {"WireToWire", Input::Form::kTypedRequest, Output::kTracks},
    {"WireToJson", Input::Form::kTypedRequest, Output::kBatchJson},
}};

// Negative when the transform fails.
double AllocationsPerEvent(const Input& input, Output output) {
  const transform::Options options;
  pipeline::BatchTransformer transformer;
  pipeline::TransformResult result;
  std::int64_t before = 0;
  for (int i = 0; i < kWarmUps + kBatches; ++i) {
    if (i == kWarmUps) before = testing::AllocationCount();
    if (!transformer.Transform(input, options, output, 0, result).ok() ||
        result.counts.events != kEvents) {
      return -1;
    }
  }
  return static_cast<double>(testing::AllocationCount() - before) /
         (kBatches * static_cast<double>(kEvents));
}

// Counts, and writes what Google Benchmark would write.
int Main(const std::string& path) {
  const std::string json = MakeBody(kEvents, 0);
  const std::string typed = TypedRequest(json);
  std::string text;
  for (const Way& way : kWays) {
    const bool is_json = way.form == Input::Form::kWebhookJson;
    const double count =
        AllocationsPerEvent({way.form, is_json ? json : typed}, way.output);
    if (count < 0) {
      std::fprintf(stderr, "%s: wrong answer\n", way.name);
      return 1;
    }
    absl::StrAppend(&text, text.empty() ? "" : ",\n", "{\"name\":\"", way.name,
                    "Allocations/", kEvents,
                    "\",\"allocations_per_event\":", count, "}");
  }
  std::ofstream file(path);
  file << "{\"benchmarks\":[\n" << text << "]}\n";
  file.close();
  return file ? 0 : 1;
}

}  // namespace
}  // namespace segrid::bench

int main(int argc, char** argv) {
  segrid::base::TuneProcess();
  if (argc != 2) {
    std::fprintf(stderr, "usage: segrid-allocations RESULT.json\n");
    return 2;
  }
  return segrid::bench::Main(argv[1]);
}
