// A receiver that the test opens and closes.

#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/pool/executor.h"
#include "core/receivers/receiver.h"

namespace segrid::testing {

// What the test and a GatedReceiver share. Thread safety: any thread.
class Gate {
 public:
  // Batches wait from now on, or go through; those that wait go through, too.
  void Close() {
    absl::MutexLock lock(&mu_);
    open_ = false;
  }
  void Open() {
    std::vector<std::function<void()>> waiting;
    {
      absl::MutexLock lock(&mu_);
      open_ = true;
      waiting.swap(waiting_);
    }
    for (const auto& deliver : waiting) deliver();
  }

  // What batches are answered with; the default takes them.
  void SetVerdict(receivers::Verdict verdict) {
    absl::MutexLock lock(&mu_);
    verdict_ = verdict;
  }

  // Batches are refused from now on when a Track of theirs contains `text`;
  // empty: none is.
  void Refuse(std::string text) {
    absl::MutexLock lock(&mu_);
    refused_ = std::move(text);
  }

  std::vector<std::string> delivered() const {
    absl::MutexLock lock(&mu_);
    return delivered_;
  }

  // Waits until `count` Tracks were delivered; false after 10 s.
  bool WaitForDelivered(std::size_t count) {
    absl::MutexLock lock(&mu_);
    const auto enough = [&] { return delivered_.size() >= count; };
    return mu_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(10));
  }
  // Waits until a batch waits at the closed gate; false after 10 s.
  bool WaitForWaiting() {
    absl::MutexLock lock(&mu_);
    const auto some = [&] { return !waiting_.empty(); };
    return mu_.AwaitWithTimeout(absl::Condition(&some), absl::Seconds(10));
  }

  // For the receiver: runs `deliver` now, or when the gate opens.
  void Pass(std::function<void()> deliver) {
    {
      absl::MutexLock lock(&mu_);
      if (!open_) {
        waiting_.push_back(std::move(deliver));
        return;
      }
    }
    deliver();
  }
  // For the receiver: takes the Tracks, if that is the verdict.
  receivers::SendResult Take(const std::vector<std::string>& tracks) {
    absl::MutexLock lock(&mu_);
    receivers::SendResult result;
    const bool refused =
        !refused_.empty() &&
        std::any_of(tracks.begin(), tracks.end(), [this](const auto& track) {
          return track.find(refused_) != track.npos;
        });
    result.verdict = refused ? receivers::Verdict::kSplit : verdict_;
    result.reason = "BAD_MESSAGE";
    result.answer = "HTTP 404 \xFF";  // Bytes that are no text.
    result.detail = "HTTP 404";
    if (result.verdict == receivers::Verdict::kDelivered) {
      delivered_.insert(delivered_.end(), tracks.begin(), tracks.end());
    }
    return result;
  }

 private:
  mutable absl::Mutex mu_;
  bool open_ ABSL_GUARDED_BY(mu_) = true;
  receivers::Verdict verdict_ ABSL_GUARDED_BY(mu_) =
      receivers::Verdict::kDelivered;
  std::string refused_ ABSL_GUARDED_BY(mu_);
  std::vector<std::function<void()>> waiting_ ABSL_GUARDED_BY(mu_);
  std::vector<std::string> delivered_ ABSL_GUARDED_BY(mu_);
};

// Answers in the executor's threads. Both must outlive it.
class GatedReceiver final : public receivers::Receiver {
 public:
  GatedReceiver(Gate& gate, pool::Executor& executor)
      : gate_(gate), executor_(executor) {}

  void Send(receivers::Batch batch, Done done) override {
    std::vector<std::string> tracks(batch.tracks.begin(), batch.tracks.end());
    gate_.Pass([this, tracks = std::move(tracks), done = std::move(done)] {
      executor_.Post(
          [&gate = gate_, tracks, done] { done(gate.Take(tracks)); });
    });
  }
  receivers::Limits limits() const override { return {}; }
  std::string endpoint() const override { return "memory:gate"; }

 private:
  Gate& gate_;
  pool::Executor& executor_;
};

}  // namespace segrid::testing
