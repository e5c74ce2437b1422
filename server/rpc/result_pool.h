// Results of Transform, kept for the next call.

#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "core/pipeline/pipeline.h"

namespace segrid::rpc {

// A small free list of TransformResults, so that a call does not allocate what
// the call before gave back.
//
// Ownership:     owns the results in it; one taken belongs to the taker.
// Thread safety: every method may be called from any thread at any time.
// Blocking:      never for long.
class ResultPool {
 public:
  // Keeps at most `max_kept` results.
  explicit ResultPool(std::size_t max_kept) : max_kept_(max_kept) {}

  using Result = std::unique_ptr<pipeline::TransformResult>;

  Result Take() {
    absl::MutexLock lock(&mu_);
    if (kept_.empty()) return std::make_unique<pipeline::TransformResult>();
    Result result = std::move(kept_.back());
    kept_.pop_back();
    return result;
  }

  void GiveBack(Result result) {
    absl::MutexLock lock(&mu_);
    if (kept_.size() < max_kept_) kept_.push_back(std::move(result));
  }

  // Frees those in it.
  void Clear() {
    absl::MutexLock lock(&mu_);
    kept_.clear();
  }

 private:
  const std::size_t max_kept_;
  absl::Mutex mu_;
  std::vector<Result> kept_ ABSL_GUARDED_BY(mu_);
};

}  // namespace segrid::rpc
