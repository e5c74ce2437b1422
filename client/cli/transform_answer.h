// What a Transform gave, wherever it ran.

#pragma once

#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "core/pipeline/batch.h"
#include "core/transform/outcome.h"

namespace segrid::cli {

// A value; copies share the storage.
struct TransformAnswer {
  std::shared_ptr<const void> storage;  // Holds what `batch_json` shows.
  std::string_view batch_json;          // `{"batch":[…]}`
  pipeline::Counts counts;
  std::vector<pipeline::Issue> issues;  // In the order of the events.
  // Reasons among these that a newer server has and this program has not.
  std::map<transform::Reason, transform::Outcome> newer_reasons;
};

}  // namespace segrid::cli
