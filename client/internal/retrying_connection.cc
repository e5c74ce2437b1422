#include "client/internal/retrying_connection.h"

#include <utility>

#include "client/internal/call_failure.h"
#include "client/internal/idempotency_key.h"

namespace segrid::internal {
namespace {

using Shared = RetryingConnection::Shared;

RetryLimits LimitsOf(const Shared& shared, const CallOptions& options) {
  RetryLimits limits = shared.limits;
  limits.timeout = options.timeout.value_or(limits.timeout);
  return limits;
}

RetryLimits LimitsOf(const Shared& shared, const CallOptions& options,
                     const v1::TransformRequest&) {
  return LimitsOf(shared, options);
}

// What is delivered when takes as long as it takes.
RetryLimits LimitsOf(const Shared& shared, const CallOptions& options,
                     const v1::ForwardRequest& request) {
  RetryLimits limits = LimitsOf(shared, options);
  if (request.wait() == v1::WAIT_DELIVERED) {
    limits.retry.attempt_timeout = limits.timeout;
  }
  return limits;
}

// Makes the tries one after the other in the caller's thread.
template <typename Request, typename Try>
auto Run(Shared& shared, const Request& request, CallOptions options,
         const Try& attempt) -> decltype(attempt(request, options)) {
  RetryLoop loop(LimitsOf(shared, options, request), shared.budget,
                 shared.jitter, shared.timer->Now());
  while (true) {
    options.timeout = loop.AttemptTimeout(shared.timer->Now());
    auto answer = attempt(request, options);
    if (answer.ok()) {
      shared.budget.Succeeded();
      return answer;
    }
    const auto delay = loop.DelayAfter(answer.error(), shared.timer->Now());
    if (!delay) return WithAttempts(std::move(answer).error(), loop.attempts());
    shared.timer->Wait(*delay, options.stop);
    if (options.stop.stop_requested()) return Stopped();
  }
}

// The same without a thread that waits. Keeps itself until it is done.
template <typename Request, typename Response>
class AsyncCall
    : public std::enable_shared_from_this<AsyncCall<Request, Response>> {
 public:
  using Done = std::function<void(Result<Response>)>;
  AsyncCall(std::shared_ptr<Shared> shared,
            std::shared_ptr<const Request> request, CallOptions options,
            Done done)
      : shared_(std::move(shared)),
        request_(std::move(request)),
        options_(std::move(options)),
        done_(std::move(done)),
        loop_(LimitsOf(*shared_, options_, *request_), shared_->budget,
              shared_->jitter, shared_->timer->Now()) {}

  void Start() {
    if (options_.stop.stop_requested()) return done_(Stopped());
    options_.timeout = loop_.AttemptTimeout(shared_->timer->Now());
    CallAsync(*shared_->inner, request_, options_,
              [self = this->shared_from_this()](Result<Response> answer) {
                self->Answered(std::move(answer));
              });
  }

 private:
  void Answered(Result<Response> answer) {
    if (answer.ok()) {
      shared_->budget.Succeeded();
      return done_(std::move(answer));
    }
    const auto delay = loop_.DelayAfter(answer.error(), shared_->timer->Now());
    if (!delay) {
      return done_(WithAttempts(std::move(answer).error(), loop_.attempts()));
    }
    StartAfter(*delay);
  }

  // Looks now and then whether the caller still wants to wait.
  void StartAfter(std::chrono::nanoseconds delay) {
    constexpr std::chrono::nanoseconds kLook = std::chrono::milliseconds(100);
    const bool is_last = delay <= kLook || !options_.stop.stop_possible();
    shared_->timer->After(
        is_last ? delay : kLook,
        [self = this->shared_from_this(), is_last, rest = delay - kLook] {
          if (is_last || self->options_.stop.stop_requested()) {
            self->Start();
          } else {
            self->StartAfter(rest);
          }
        });
  }

  const std::shared_ptr<Shared> shared_;
  const std::shared_ptr<const Request> request_;
  CallOptions options_;
  const Done done_;
  RetryLoop loop_;
};

}  // namespace

RetryingConnection::RetryingConnection(std::shared_ptr<Connection> inner,
                                       const ClientOptions& options,
                                       std::shared_ptr<Timer> timer,
                                       retry::Jitter jitter)
    : shared_(new Shared{.inner = std::move(inner),
                         .limits = {.retry = options.retry,
                                    .timeout = options.timeout,
                                    .wait_for_ready = options.wait_for_ready},
                         .timer = std::move(timer),
                         .jitter = std::move(jitter),
                         .budget = RetryBudget(options.retry.budget)}) {}

Result<v1::TransformResponse> RetryingConnection::Transform(
    const v1::TransformRequest& request, const CallOptions& options) {
  return Run(*shared_, request, options,
             [this](const auto& asked, const CallOptions& how) {
               return shared_->inner->Transform(asked, how);
             });
}

Result<v1::ForwardResponse> RetryingConnection::Forward(
    const v1::ForwardRequest& request, const CallOptions& options) {
  return Run(*shared_, request, WithIdempotencyKey(options),
             [this](const auto& asked, const CallOptions& how) {
               return shared_->inner->Forward(asked, how);
             });
}

void RetryingConnection::TransformShared(
    std::shared_ptr<const v1::TransformRequest> request, CallOptions options,
    TransformDone done) {
  std::make_shared<AsyncCall<v1::TransformRequest, v1::TransformResponse>>(
      shared_, std::move(request), std::move(options), std::move(done))
      ->Start();
}

void RetryingConnection::ForwardShared(
    std::shared_ptr<const v1::ForwardRequest> request, CallOptions options,
    ForwardDone done) {
  std::make_shared<AsyncCall<v1::ForwardRequest, v1::ForwardResponse>>(
      shared_, std::move(request), WithIdempotencyKey(options), std::move(done))
      ->Start();
}

Result<std::unique_ptr<TransformStream>>
RetryingConnection::OpenTransformStream(const CallOptions& options) {
  return shared_->inner->OpenTransformStream(options);
}

Result<std::unique_ptr<ForwardStream>> RetryingConnection::OpenForwardStream(
    const CallOptions& options) {
  return shared_->inner->OpenForwardStream(options);
}

}  // namespace segrid::internal
