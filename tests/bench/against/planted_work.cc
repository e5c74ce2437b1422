// Transforms a body again and again, with so much work more as it is told:
// what `./dev bench --against` must notice. Prints CPU seconds.
//
//   planted_work BODIES EXTRA_PERCENT

#include <cstdio>
#include <cstdlib>
#include <string>

#include "bench/micro/corpus.h"
#include "bench/paths/cpu_clock.h"
#include "core/base/process.h"
#include "core/pipeline/transform_batch.h"

namespace segrid::tests {
namespace {

int Main(int bodies, int extra_percent) {
  const std::string body = bench::MakeBody(100, 0);
  pipeline::BatchTransformer transformer;
  pipeline::TransformResult result;
  const auto transform = [&] {
    return transformer
        .Transform({pipeline::Input::Form::kWebhookJson, body},
                   transform::Options(), pipeline::Output::kBatchJson, 0,
                   result)
        .ok();
  };
  const double begin = bench::ThreadCpuSeconds();
  for (int i = 0; i < bodies; ++i) {
    if (!transform()) return 1;
    // So many of each hundred are transformed twice.
    if (i % 100 < extra_percent && !transform()) return 1;
  }
  std::printf("%.9f\n", bench::ThreadCpuSeconds() - begin);
  return 0;
}

}  // namespace
}  // namespace segrid::tests

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  segrid::base::TuneProcess();
  return segrid::tests::Main(std::atoi(argv[1]), std::atoi(argv[2]));
}
