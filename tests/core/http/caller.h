// A client of a scripted server that waits for its answers.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/synchronization/notification.h"
#include "core/base/clock.h"
#include "core/base/error_info.h"
#include "core/http/beast_client.h"
#include "core/http/endpoint.h"
#include "core/pool/thread_pool.h"
#include "core/tls/client_context.h"
#include "tests/testing/scripted_server.h"

namespace segrid::http {

// A client for a server, with the server's authority.
class Caller {
 public:
  explicit Caller(testing::ScriptedServer& server,
                  std::string host = "localhost",
                  std::function<void(ClientOptions&)> change = nullptr)
      : pool_(*pool::ThreadPool::Create(2)) {
    ClientOptions options;
    options.endpoint = ParseEndpoint(server.url(host), true).value();
    options.tls = tls::MakeClientContext({.ca_file = server.ca_file()}).value();
    if (!options.endpoint.tls) options.tls = nullptr;
    if (change) change(options);
    client_ = std::make_unique<BeastClient>(options, pool_->io(), clock_);
  }

  absl::StatusOr<Response> Post(std::string body = "hello") {
    absl::StatusOr<Response> result;
    absl::Notification done;
    client_->Send({.target = "/v1/batch",
                   .headers = {{"X-Test", "yes"}},
                   .body = BodyOf(std::move(body))},
                  [&](absl::StatusOr<Response> response) {
                    result = std::move(response);
                    done.Notify();
                  });
    done.WaitForNotification();
    return result;
  }
  std::string ReasonOfPost() { return base::ReasonOf(Post().status()); }

  BeastClient& client() { return *client_; }

 private:
  base::SystemClock clock_;
  std::unique_ptr<pool::ThreadPool> pool_;
  std::unique_ptr<BeastClient> client_;
};

}  // namespace segrid::http
