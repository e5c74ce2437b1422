// Turns a body into the batch that Segment gets.

#include <iostream>

#include "core/pipeline/transform_batch.h"

int main() {
  constexpr char kBody[] =
      R"([{"event":"open","email":"ada@example.com","timestamp":1591726752}])";
  segrid::pipeline::BatchTransformer transformer;
  segrid::pipeline::TransformResult result;
  const auto status = transformer.Transform(
      {segrid::pipeline::Input::Form::kWebhookJson, kBody},
      segrid::transform::Options(), segrid::pipeline::Output::kBatchJson,
      /*max_events=*/0, result);
  if (!status.ok()) return 1;
  std::cout << result.output.view() << "\n";
  return result.counts.tracks == 1 ? 0 : 1;
}
