// The call object of TailTracks.

#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "segrid/v1/admin.pb.h"
#include "server/rpc/admin_environment.h"
#include "server/rpc/repeated_answer.h"
#include "server/rpc/tail.h"
#include "server/rpc/tail_redactor.h"

namespace segrid::rpc {

// What a request asks for.
// NOT_FOUND, UNKNOWN_SOURCE; INVALID_ARGUMENT, BAD_SAMPLE.
absl::StatusOr<TailOptions> ReadTailRequest(
    const ::segrid::v1::TailTracksRequest& request,
    const config::Config& config);

// Writes what has passed, at most every 100 ms and 100 Tracks at a time;
// redacting is done in the pool, so that no Forward waits for it. The first
// answer, without Tracks, says that the tail has begun. See RepeatedAnswer; the
// redactor outlives it, too.
class TailTracks final
    : public RepeatedAnswer<::segrid::v1::TailTracksResponse> {
 public:
  TailTracks(const AdminEnvironment& environment,
             grpc::CallbackServerContext& context,
             const TailRedactor& redactor);

  // With an error (of ReadTailRequest, or of the caller), ends the call at
  // once. Call once, when it is held by a shared_ptr.
  void Start(absl::StatusOr<TailOptions> options);

 private:
  void Answer() override;
  void OnGone() override;

  const TailRedactor& redactor_;
  std::shared_ptr<Tail> tail_;  // Since Start().
  bool has_answered_ = false;
};

}  // namespace segrid::rpc
