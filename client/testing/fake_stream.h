// A Stream without a wire.

#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

#include "client/stream.h"
#include "client/testing/stream_answer.h"

namespace segrid::testing {

// Answers each batch when it is written. See FakeConnection.
template <typename Request, typename Response>
class FakeStream final : public Stream<Request, Response> {
 public:
  using Inner = std::decay_t<decltype(std::declval<Request>().request())>;
  using Answer = std::function<
      Result<std::decay_t<decltype(std::declval<Response>().response())>>(
          const Inner&)>;

  explicit FakeStream(Answer answer) : answer_(std::move(answer)) {}

  bool Write(const Request& request) override {
    const std::lock_guard lock(mutex_);
    if (done_) return false;
    answers_.push_back(StreamAnswer<Response>(request.request_id(),
                                              answer_(request.request())));
    return true;
  }

  void WritesDone() override {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }

  std::optional<Response> Read() override {
    const std::lock_guard lock(mutex_);
    if (answers_.empty()) return std::nullopt;
    Response first = std::move(answers_.front());
    answers_.pop_front();
    return first;
  }

  std::optional<Error> Finish() override {
    WritesDone();
    return std::nullopt;
  }

 private:
  const Answer answer_;
  std::mutex mutex_;
  std::deque<Response> answers_;  // Guarded by mutex_, like the next.
  bool done_ = false;
};

}  // namespace segrid::testing
