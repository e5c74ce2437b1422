// A listener with a route that says back what it got.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "core/base/clock.h"
#include "core/pool/thread_pool.h"
#include "gtest/gtest.h"
#include "server/http/listener.h"

namespace segrid::testing {

// POST /echo answers with the body, at most 100,000 bytes; GET /hello says
// "hello"; POST /held is answered when the test says so; POST /guarded is
// refused by its head unless that has `X-Key`. On a free port.
class EchoListener {
 public:
  static httpd::Options DefaultOptions() {
    httpd::Options options;
    options.listen = {"127.0.0.1:0"};
    return options;
  }

  explicit EchoListener(httpd::Options options = DefaultOptions(),
                        httpd::TlsContext tls = nullptr) {
    auto listener =
        httpd::Listener::Start(std::move(options), MakeRouter(),
                               {pool_->io(), clock_}, std::move(tls));
    EXPECT_TRUE(listener.ok()) << listener.status();
    listener_ = *std::move(listener);
  }
  ~EchoListener() { pool_->Stop(); }

  httpd::Listener& listener() { return *listener_; }
  int port() const { return listener_->port(); }

  // Waits until `count` requests are held; false after 10 s.
  bool WaitForHeld(std::size_t count) {
    absl::MutexLock lock(&mu_);
    const auto enough = [&] { return held_.size() >= count; };
    return mu_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(10));
  }
  void AnswerHeld() {
    std::vector<httpd::Respond> held;
    {
      absl::MutexLock lock(&mu_);
      held.swap(held_);
    }
    for (const auto& respond : held) respond({});
  }

 private:
  httpd::Router MakeRouter() {
    httpd::Router router;
    router.Add(httpd::GetRoute("/hello", [](const httpd::Request&) {
      httpd::Answer answer;
      answer.content_type = "text/plain";
      answer.body = "hello";
      return answer;
    }));
    httpd::Route echo;
    echo.method = "POST";
    echo.path = "/echo";
    echo.max_body_bytes = 100'000;
    echo.handle = [](const httpd::Request& request,
                     const httpd::Respond& respond) {
      httpd::Answer answer;
      answer.body = std::string(request.body);
      answer.headers = {{"X-Query", std::string(request.query)}};
      respond(std::move(answer));
    };
    router.Add(echo);
    echo.path = "/guarded";
    echo.before_body = [](const httpd::Request& request) -> httpd::HeadVerdict {
      if (httpd::HeaderOf(request, "x-key") == "1") {
        return {.is_authenticated = true};
      }
      return {.refusal = httpd::ErrorAnswer(401, "NO_KEY", "say \"1\"")};
    };
    router.Add(echo);
    echo.path = "/held";
    echo.before_body = nullptr;
    echo.handle = [this](const httpd::Request&, httpd::Respond respond) {
      absl::MutexLock lock(&mu_);
      held_.push_back(std::move(respond));
    };
    router.Add(echo);
    return router;
  }

  base::SystemClock clock_;
  std::unique_ptr<pool::ThreadPool> pool_ = *pool::ThreadPool::Create(2);
  absl::Mutex mu_;
  std::vector<httpd::Respond> held_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<httpd::Listener> listener_;
};

}  // namespace segrid::testing
