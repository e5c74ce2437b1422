// A server whose answers add up, or fail as often as a test says.

#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "segrid/v1/bridge.grpc.pb.h"

namespace segrid::bench {

// Counts every event as skipped. Set the fields before the first call.
class CountingBridge final : public segrid::v1::BridgeService::Service {
 public:
  // Calls and messages 0, n, 2n, … fail with `failure`. 0: none.
  std::int64_t fail_every = 0;
  grpc::StatusCode failure = grpc::StatusCode::RESOURCE_EXHAUSTED;
  // Added to the answers' event_count.
  std::int32_t lie = 0;
  // The first answer takes so long; others wait where they come one by one.
  absl::Duration stall = absl::ZeroDuration();
  // Streams end after so many messages. 0: never.
  std::int64_t end_stream_after = 0;

  std::int64_t calls() const { return calls_.load(); }

 private:
  bool Fails() {
    const std::int64_t call = calls_.fetch_add(1);
    if (call == 0 && stall > absl::ZeroDuration()) {
      absl::Notification never;
      never.WaitForNotificationWithTimeout(stall);
    }
    return fail_every > 0 && call % fail_every == 0;
  }

  void Answer(const segrid::v1::TransformRequest& request,
              segrid::v1::TransformResponse& response) const {
    response.set_event_count(request.events_size() + lie);
    response.set_skipped_count(request.events_size());
  }

  grpc::Status Transform(grpc::ServerContext*,
                         const segrid::v1::TransformRequest* request,
                         segrid::v1::TransformResponse* response) override {
    if (Fails()) return {failure, "on purpose"};
    Answer(*request, *response);
    return grpc::Status::OK;
  }

  grpc::Status TransformStream(
      grpc::ServerContext*,
      grpc::ServerReaderWriter<segrid::v1::TransformStreamResponse,
                               segrid::v1::TransformStreamRequest>* stream)
      override {
    segrid::v1::TransformStreamRequest message;
    for (std::int64_t i = 1; stream->Read(&message); ++i) {
      segrid::v1::TransformStreamResponse answer;
      answer.set_request_id(message.request_id());
      if (Fails()) {
        answer.mutable_error()->set_code(failure);
        answer.mutable_error()->set_message("on purpose");
      } else {
        Answer(message.request(), *answer.mutable_response());
      }
      stream->Write(answer);
      if (i == end_stream_after) return {failure, "ended on purpose"};
    }
    return grpc::Status::OK;
  }

  std::atomic<std::int64_t> calls_ = 0;
};

}  // namespace segrid::bench
