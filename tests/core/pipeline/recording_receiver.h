// A receiver that keeps what it gets and answers as the test says.

#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/pool/executor.h"
#include "core/receivers/receiver.h"

namespace segrid::pipeline {

// What a test sees of a receiver that a Deliverer owns. Not thread-safe: use it
// with an executor that runs in the test's thread.
struct Received {
  std::vector<std::string> tracks;  // Of batches that were delivered.
  receivers::SendResult answer{.verdict = receivers::Verdict::kDelivered};
};

class RecordingReceiver final : public receivers::Receiver {
 public:
  // Both must outlive the receiver.
  RecordingReceiver(pool::Executor& executor, Received& received)
      : executor_(executor), received_(received) {}

  void Send(receivers::Batch batch, Done done) override {
    if (received_.answer.verdict == receivers::Verdict::kDelivered) {
      received_.tracks.insert(received_.tracks.end(), batch.tracks.begin(),
                              batch.tracks.end());
    }
    executor_.Post(
        [done = std::move(done), answer = received_.answer] { done(answer); });
  }
  receivers::Limits limits() const override { return {}; }
  std::string endpoint() const override { return "memory"; }

 private:
  pool::Executor& executor_;
  Received& received_;
};

}  // namespace segrid::pipeline
