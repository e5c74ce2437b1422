// A receiver whose answers the test writes.

#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "core/pool/executor.h"
#include "core/receivers/receiver.h"
#include "tests/testing/fake_clock.h"

namespace segrid::testing {

// What arrived at a FakeReceiver, and what it answers. Owned by the test; the
// receiver refers to it. Not thread-safe.
struct FakeReceiverScript {
  struct Arrival {
    absl::Duration at;  // Since the script was made.
    std::vector<std::string> tracks;
    std::int32_t retry_count;
    bool plain = false;
  };

  // Decides the answer; the default takes everything.
  std::function<receivers::SendResult(const Arrival&)> answer =
      [](const Arrival&) {
        return receivers::SendResult{.verdict = receivers::Verdict::kDelivered};
      };
  absl::Duration latency = absl::Milliseconds(10);
  receivers::Limits limits{};
  bool hang = false;  // Never answers.

  std::vector<Arrival> arrivals{};
  int in_flight = 0;
  int max_in_flight = 0;
  // Here, so that an answer that is never given does not keep its own receiver.
  std::vector<std::unique_ptr<pool::Timer>> timers{};
};

class FakeReceiver final : public receivers::Receiver {
 public:
  FakeReceiver(FakeReceiverScript& script, FakeClock& clock,
               pool::Executor& executor)
      : script_(script), clock_(clock), executor_(executor) {}

  void Send(receivers::Batch batch, Done done) override {
    FakeReceiverScript::Arrival arrival{.at = clock_.Uptime() - made_,
                                        .tracks = {},
                                        .retry_count = batch.retry_count,
                                        .plain = batch.plain};
    for (const std::string_view track : batch.tracks) {
      arrival.tracks.emplace_back(track);
    }
    script_.arrivals.push_back(arrival);
    script_.max_in_flight =
        std::max(script_.max_in_flight, ++script_.in_flight);
    if (script_.hang) return;
    script_.timers.push_back(executor_.After(
        script_.latency, [this, arrival = std::move(arrival), done] {
          --script_.in_flight;
          done(script_.answer(arrival));
        }));
  }

  receivers::Limits limits() const override { return script_.limits; }
  std::string endpoint() const override { return "fake:"; }

 private:
  FakeReceiverScript& script_;
  FakeClock& clock_;
  pool::Executor& executor_;
  const absl::Duration made_ = clock_.Uptime();
};

}  // namespace segrid::testing
