// A real gRPC server in the test's process, for tests of services that talk to
// one:
//
//   segrid::testing::FakeServer server;
//   Billing billing({.segrid = server.address()});
//   billing.Report(…);
//   EXPECT_EQ(server.forwards().size(), 1u);

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "client/result.h"
#include "segrid/v1/bridge.pb.h"

namespace segrid::testing {

// Listens on 127.0.0.1, on a port that the system chooses, from construction to
// destruction; open calls are cancelled then. Calls and the messages of streams
// are answered by server_answers.h, as a real server would, unless a test says
// otherwise, and recorded, the ones like the others.
//
// Thread safety: any thread, any time; the answers run in gRPC's threads.
// Blocking: Stop, until the running answers have ended.
class FakeServer {
 public:
  using TransformAnswer =
      std::function<Result<v1::TransformResponse>(const v1::TransformRequest&)>;
  using ForwardAnswer =
      std::function<Result<v1::ForwardResponse>(const v1::ForwardRequest&)>;

  FakeServer();
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  // For ClientOptions::address; stays the same over Stop and Start.
  std::string address() const;

  // Answers from now on. An Error goes over the wire with its details.
  void OnTransform(TransformAnswer answer);
  void OnForward(ForwardAnswer answer);

  // The requests so far, in order of arrival.
  std::vector<v1::TransformRequest> transforms() const;
  std::vector<v1::ForwardRequest> forwards() const;

  // The idempotency keys of forwards(), "" where there was none.
  std::vector<std::string> idempotency_keys() const;

  // Goes away as a killed process does, and comes back on the same port.
  void Stop();
  void Start();

 private:
  class Service;
  class Listener;
  const std::unique_ptr<Service> service_;
  const std::unique_ptr<Listener> listener_;
};

}  // namespace segrid::testing
