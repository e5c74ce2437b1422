#include "client/testing/fake_connection.h"

#include <optional>
#include <utility>

#include "client/testing/fake_stream.h"
#include "client/testing/server_answers.h"

namespace segrid::testing {
namespace {

template <typename Answer>
std::optional<Answer> TakeFirst(std::deque<Answer>& answers) {
  if (answers.empty()) return std::nullopt;
  std::optional<Answer> first(std::move(answers.front()));
  answers.pop_front();
  return first;
}

}  // namespace

void FakeConnection::AddTransform(Result<v1::TransformResponse> answer) {
  const std::lock_guard lock(mutex_);
  transform_answers_.push_back(std::move(answer));
}

void FakeConnection::AddForward(Result<v1::ForwardResponse> answer) {
  const std::lock_guard lock(mutex_);
  forward_answers_.push_back(std::move(answer));
}

std::vector<FakeConnection::TransformCall> FakeConnection::transforms() const {
  const std::lock_guard lock(mutex_);
  return transforms_;
}

std::vector<FakeConnection::ForwardCall> FakeConnection::forwards() const {
  const std::lock_guard lock(mutex_);
  return forwards_;
}

Result<v1::TransformResponse> FakeConnection::Transform(
    const v1::TransformRequest& request, const CallOptions& options) {
  {
    const std::lock_guard lock(mutex_);
    transforms_.push_back({request, options});
    if (auto answer = TakeFirst(transform_answers_)) return *std::move(answer);
  }
  return AnswerTransform(request);
}

Result<v1::ForwardResponse> FakeConnection::Forward(
    const v1::ForwardRequest& request, const CallOptions& options) {
  {
    const std::lock_guard lock(mutex_);
    forwards_.push_back({request, options});
    if (auto answer = TakeFirst(forward_answers_)) return *std::move(answer);
  }
  return AnswerForward(request);
}

Result<std::unique_ptr<TransformStream>> FakeConnection::OpenTransformStream(
    const CallOptions& options) {
  using Fake =
      FakeStream<v1::TransformStreamRequest, v1::TransformStreamResponse>;
  return std::unique_ptr<TransformStream>(
      new Fake([this, options](const v1::TransformRequest& request) {
        return Transform(request, options);
      }));
}

Result<std::unique_ptr<ForwardStream>> FakeConnection::OpenForwardStream(
    const CallOptions& options) {
  using Fake = FakeStream<v1::ForwardStreamRequest, v1::ForwardStreamResponse>;
  return std::unique_ptr<ForwardStream>(
      new Fake([this, options](const v1::ForwardRequest& request) {
        return Forward(request, options);
      }));
}

Error Unavailable() {
  Error error;
  error.code = ErrorCode::kUnavailable;
  error.message = "the connection failed";
  return error;
}

Error QueueFull(std::chrono::nanoseconds retry_delay) {
  Error error;
  error.code = ErrorCode::kResourceExhausted;
  error.reason = "QUEUE_FULL";
  error.message = "the queue is full; try again later";
  error.retry_delay = retry_delay;
  return error;
}

}  // namespace segrid::testing
