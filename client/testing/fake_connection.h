// A Connection without a wire, for tests of code that uses a Client:
//
//   auto fake = std::make_shared<segrid::testing::FakeConnection>();
//   fake->AddForward(segrid::testing::Unavailable());  // The first call fails.
//   Billing billing(segrid::Client(fake));
//   billing.Report(…);
//   EXPECT_EQ(fake->forwards().size(), 2u);            // It was tried again.

#pragma once

#include <deque>
#include <mutex>
#include <vector>

#include "client/connection.h"

namespace segrid::testing {

// Gives the answers that a test has added, one per call, in order; afterwards
// the answers of server_answers.h, which are those of a real server. Records
// what it was asked. Does not retry and does not split: it is asked what the
// code under test asks.
//
// Streams ask the same answers, message by message, when they are written; a
// Read with nothing left to answer says that the stream has ended.
//
// Thread safety: any thread, any time. Blocking: never. Asynchronous calls are
// answered inline.
class FakeConnection final : public Connection {
 public:
  struct TransformCall {
    v1::TransformRequest request;
    CallOptions options;
  };
  struct ForwardCall {
    v1::ForwardRequest request;
    CallOptions options;
  };

  // The answer to the next call that has none yet.
  void AddTransform(Result<v1::TransformResponse> answer);
  void AddForward(Result<v1::ForwardResponse> answer);

  // The calls so far, in order.
  std::vector<TransformCall> transforms() const;
  std::vector<ForwardCall> forwards() const;

  Result<v1::TransformResponse> Transform(const v1::TransformRequest& request,
                                          const CallOptions& options) override;
  Result<v1::ForwardResponse> Forward(const v1::ForwardRequest& request,
                                      const CallOptions& options) override;
  Result<std::unique_ptr<TransformStream>> OpenTransformStream(
      const CallOptions& options) override;
  Result<std::unique_ptr<ForwardStream>> OpenForwardStream(
      const CallOptions& options) override;

 private:
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::deque<Result<v1::TransformResponse>> transform_answers_;
  std::deque<Result<v1::ForwardResponse>> forward_answers_;
  std::vector<TransformCall> transforms_;
  std::vector<ForwardCall> forwards_;
};

// Errors as a server gives them.
Error Unavailable();
Error QueueFull(std::chrono::nanoseconds retry_delay);

}  // namespace segrid::testing
