// One Deliverer with fake time, a memory queue and fake receivers.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/deliver/deliverer.h"
#include "core/deliver/delivery_observer.h"
#include "core/queue/memory/memory_queue.h"
#include "tests/testing/failing_queue.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/fake_executor.h"
#include "tests/testing/fake_receiver.h"
#include "tests/testing/queue_calls.h"

namespace segrid::deliver {

// Notes what it is told.
struct RecordingObserver final : DeliveryObserver {
  void OnStateChange(const StateChange& change) override {
    changes.push_back(change);
  }
  void OnGivenUp(std::string_view source, std::string_view reason,
                 std::int64_t messages) override {
    given_up[absl::StrCat(std::string(source), " ", std::string(reason))] +=
        messages;
  }
  void OnValuesChanged(std::string_view source, std::string_view reason,
                       std::int64_t values) override {
    changed.push_back(absl::StrCat(std::string(source), " ",
                                   std::string(reason), " ", values));
  }
  void OnCompressionOff(std::string_view) override { ++compression_off; }

  std::vector<StateChange> changes;
  std::map<std::string, std::int64_t> given_up;
  std::vector<std::string> changed;
  int compression_off = 0;
};

// Lane and source "prod", and others by AddSource(). Jitter is 0.5.
class DeliveryBench {
 public:
  explicit DeliveryBench(Source prod = {}, Options options = {},
                         queue::memory::MemoryOptions store = {})
      : queue(store, clock), options_(options) {
    prod.name = "prod";
    AddSource(std::move(prod));
  }

  testing::FakeReceiverScript& AddSource(Source source) {
    auto& script = scripts_[source.name];
    source.receiver =
        std::make_unique<testing::FakeReceiver>(script, clock, executor);
    sources_.push_back(std::move(source));
    return script;
  }

  void Start() {
    deliverer_ =
        std::make_unique<Deliverer>(Environment{clock, failing_queue, executor,
                                                [] { return 0.5; }, &observer},
                                    options_, std::move(sources_));
    deliverer_->Start();
    executor.Run();
  }

  Deliverer& deliverer() { return *deliverer_; }
  testing::FakeReceiverScript& script(const std::string& name = "prod") {
    return scripts_.at(name);
  }
  SourceStatus status() { return deliverer_->Status("prod").value(); }
  queue::LaneStats stats() { return calls.Stats("prod"); }

  // Appends `count` messages m<first>, m<first + 1>, …
  queue::Ticket Append(int count, int first = 0, const std::string& more = "") {
    std::vector<std::string> ids;
    for (int i = first; i < first + count; ++i) {
      ids.push_back(absl::StrCat("m", i));
    }
    return calls.Append("prod", ids, more).ticket;
  }

  // The reasons of all dead letters, oldest first, as id:reason:attempts.
  std::vector<std::string> DeadLetters() {
    const auto page =
        queue.ListDeadLetters({.filter = {.lane = "prod"}, .page_size = 1000});
    std::vector<std::string> letters;
    for (const auto& letter : page->dead_letters) {
      letters.insert(letters.begin(),
                     absl::StrCat(letter.message_id, ":", letter.reason, ":",
                                  letter.attempts));
    }
    return letters;
  }

  testing::FakeClock clock;
  testing::FakeExecutor executor{clock};
  queue::memory::MemoryQueue queue;
  testing::FailingQueue failing_queue{queue, &executor};
  RecordingObserver observer;
  testing::QueueCalls calls{queue};

 private:
  Options options_;
  std::map<std::string, testing::FakeReceiverScript> scripts_;
  std::vector<Source> sources_;
  std::unique_ptr<Deliverer> deliverer_;
};

// A source whose rate is no bound.
inline Source Fast() {
  Source source;
  source.requests_per_second = 100'000;
  return source;
}

// Answers for scripts.
inline receivers::SendResult Answer(receivers::Verdict verdict,
                                    absl::Duration wait = {}) {
  return {.verdict = verdict,
          .wait = wait,
          .reason = verdict == receivers::Verdict::kTooLarge ? "TOO_LARGE"
                                                             : "BAD_MESSAGE",
          .halves_differ = true,
          .detail = "HTTP test",
          .answer = "HTTP test: body"};
}

}  // namespace segrid::deliver
