// Webhook posts over the connections of one thread.

#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "bench/load/lane.h"
#include "core/crypto/webhook_signer.h"
#include "core/http/client.h"
#include "core/pool/executor.h"

namespace segrid::bench {

struct HttpLaneOptions {
  std::string path;                             // "/v1/webhook"
  std::optional<crypto::WebhookSigner> signer;  // Nothing: not signed.
  std::int32_t connections = 1;                 // Posts in flight.
};

// Posts as many requests at once as there are connections; more wait their
// turn, and their latency grows.
//
// Ownership:     `client` and `executor` outlive it; destroy it when no call is
//                in flight.
// Thread safety, blocking: as Lane.
class HttpLane final {
 public:
  HttpLane(HttpLaneOptions options, LaneSettings settings, http::Client& client,
           pool::Executor& executor);

  // Starts a call whose latency counts from `intended_ns`.
  void Start(std::int64_t intended_ns);

 private:
  struct Call {
    std::int64_t intended_ns = 0;
    std::int64_t begin_ns = 0;
    std::int64_t events = 0;
    std::int64_t request_bytes = 0;
  };

  void Send(std::int64_t intended_ns);
  void OnDone(const Call& call, const absl::StatusOr<http::Response>& answer);
  std::size_t Judge(const absl::StatusOr<http::Response>& answer);
  // The connection of a call that has ended is free.
  void SendNextWaiting();
  void SendLater();

  const HttpLaneOptions options_;
  const LaneSettings settings_;
  http::Client& client_;
  pool::Executor& executor_;

  std::mutex mu_;  // Guards all below.
  std::int32_t in_flight_ = 0;
  std::deque<std::int64_t> waiting_;                 // Intended starts.
  std::deque<std::unique_ptr<pool::Timer>> pauses_;  // The last ones.
};

}  // namespace segrid::bench
