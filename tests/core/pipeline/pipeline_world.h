// A pipeline with everything around it: the memory queue, fake time, receivers
// that answer as the test says.

#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "core/deliver/deliverer.h"
#include "core/pipeline/pipeline.h"
#include "core/queue/memory/memory_queue.h"
#include "gtest/gtest.h"
#include "tests/core/pipeline/recording_receiver.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/fake_executor.h"

namespace segrid::pipeline {

inline constexpr std::string_view kOpen =
    R"({"event":"open","email":"a@b.c","timestamp":1,"sg_event_id":"open1"})";
inline constexpr std::string_view kClick =
    R"({"event":"click","email":"a@b.c","timestamp":1,"sg_event_id":"click1"})";

inline std::string Body(std::initializer_list<std::string_view> events) {
  std::string body = "[";
  for (const std::string_view event : events) {
    if (body.size() > 1) body += ',';
    body += event;
  }
  return body + "]";
}

inline Input Json(std::string_view body) {
  return {Input::Form::kWebhookJson, body};
}

inline ForwardCall CallOf(std::string_view body,
                          std::vector<std::string> sources = {}) {
  ForwardCall call;
  call.input = Json(body);
  call.sources = std::move(sources);
  return call;
}

// A call that waits for the receivers.
inline ForwardCall WaitingCallOf(std::string_view body,
                                 absl::Time deadline = absl::InfiniteFuture()) {
  ForwardCall call = CallOf(body);
  call.wait_delivered = true;
  call.deadline = deadline;
  return call;
}

// Notes what it hears, a line each. Thread safety: any thread.
class NotingObserver final : public BatchObserver {
 public:
  void OnTransform(std::string_view source, const Counts& counts,
                   const std::vector<Issue>& issues) override {
    Note(absl::StrCat("transform '", std::string(source), "': ", counts.tracks,
                      " of ", counts.events, ", ", issues.size(), " issues"));
  }
  void OnForward(const ForwardResult& result) override {
    Note(absl::StrCat("forward: ", result.events, " to ", result.sources.size(),
                      " sources"));
  }

  std::vector<std::string> heard() const {
    absl::MutexLock lock(&mu_);
    return heard_;
  }

 private:
  void Note(std::string line) {
    absl::MutexLock lock(&mu_);
    heard_.push_back(std::move(line));
  }

  mutable absl::Mutex mu_;
  std::vector<std::string> heard_ ABSL_GUARDED_BY(mu_);
};

// Everything around a pipeline. Nothing happens by itself: the test runs the
// executor.
class World {
 public:
  explicit World(std::vector<config::Source> sources,
                 queue::memory::MemoryOptions queue_options = {})
      : queue_(queue_options, clock_) {
    config_.sources = std::move(sources);
    config_.grpc.max_events = 10;
    std::vector<deliver::Source> delivered;
    received_.resize(config_.sources.size());
    for (std::size_t i = 0; i < config_.sources.size(); ++i) {
      deliver::Source& source = delivered.emplace_back();
      source.name = config_.sources[i].name;
      source.max_age = config_.sources[i].max_age;
      source.receiver =
          std::make_unique<RecordingReceiver>(executor_, received_[i]);
    }
    deliverer_.emplace(
        deliver::Environment{clock_, queue_, executor_, [] { return 0.5; }},
        deliver::Options{}, std::move(delivered));
    pipeline_.emplace(config_,
                      Environment{clock_, queue_, *deliverer_, &observer_});
  }

  Pipeline& pipeline() { return *pipeline_; }
  std::vector<std::string> heard() const { return observer_.heard(); }
  Received& received(std::size_t source) { return received_.at(source); }
  testing::FakeExecutor& executor() { return executor_; }
  testing::FakeClock& clock() { return clock_; }
  void Deliver() {
    deliverer_->Start();
    executor_.Run();
  }
  queue::LaneStats Lane(std::string_view name) {
    return queue_.GetLaneStats(name).value();
  }

  // Starts a call; the answer is there once `done` has run, exactly once.
  std::shared_ptr<std::optional<absl::StatusOr<ForwardResult>>> Start(
      const ForwardCall& call) {
    auto answer =
        std::make_shared<std::optional<absl::StatusOr<ForwardResult>>>();
    pipeline_->Forward(call, [answer](absl::StatusOr<ForwardResult> result) {
      EXPECT_FALSE(answer->has_value()) << "done ran twice";
      answer->emplace(std::move(result));
    });
    return answer;
  }
  absl::StatusOr<ForwardResult> Forward(const ForwardCall& call) {
    const auto answer = Start(call);
    executor_.Run();
    if (!answer->has_value()) return absl::InternalError("no answer");
    return **answer;
  }
  absl::StatusOr<ForwardResult> Forward(std::string_view body,
                                        std::vector<std::string> names = {}) {
    return Forward(CallOf(body, std::move(names)));
  }

 private:
  testing::FakeClock clock_;
  testing::FakeExecutor executor_{clock_};
  queue::memory::MemoryQueue queue_;
  config::Config config_;
  std::vector<Received> received_;
  NotingObserver observer_;
  std::optional<deliver::Deliverer> deliverer_;
  std::optional<Pipeline> pipeline_;
};

inline config::Source Named(std::string name,
                            std::vector<std::string> events = {}) {
  config::Source source;
  source.name = std::move(name);
  source.events = std::move(events);
  return source;
}

}  // namespace segrid::pipeline
