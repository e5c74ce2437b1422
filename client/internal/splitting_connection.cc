#include "client/internal/splitting_connection.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "client/internal/call_failure.h"
#include "client/internal/idempotency_key.h"
#include "client/internal/parts.h"

namespace segrid::internal {
namespace {

using std::chrono::steady_clock;

// The options of the part `index` of a call that must end by `deadline`.
CallOptions OptionsOfPart(const CallOptions& whole, std::size_t index,
                          steady_clock::time_point deadline) {
  CallOptions options = WithKeyOfPart(whole, static_cast<int>(index));
  options.timeout = std::max<std::chrono::nanoseconds>(
      deadline - steady_clock::now(), std::chrono::milliseconds(1));
  return options;
}

// Answers a request's parts one after the other. Keeps itself until it is done.
template <typename Request, typename Response>
class PartsCall
    : public std::enable_shared_from_this<PartsCall<Request, Response>> {
 public:
  using Done = std::function<void(Result<Response>)>;
  using Send = void (Connection::*)(Request, CallOptions, Done);

  PartsCall(std::shared_ptr<Connection> inner, std::vector<Part<Request>> parts,
            CallOptions options, Done done, Send send)
      : inner_(std::move(inner)),
        parts_(std::move(parts)),
        options_(WithIdempotencyKey(std::move(options))),
        deadline_(steady_clock::now() + *options_.timeout),
        done_(std::move(done)),
        send_(send) {}

  void SendNext() {
    ((*inner_).*send_)(
        std::move(parts_[next_].request),
        OptionsOfPart(options_, next_, deadline_),
        [self = this->shared_from_this()](Result<Response> answer) {
          self->Answered(std::move(answer));
        });
  }

 private:
  void Answered(Result<Response> answer) {
    const std::int32_t first_event = parts_[next_].first_event;
    if (!answer.ok()) {
      return done_(ErrorOfPart(std::move(answer).error(), first_event));
    }
    AddAnswer(*std::move(answer), first_event, whole_);
    if (++next_ == parts_.size()) return done_(std::move(whole_));
    SendNext();
  }

  const std::shared_ptr<Connection> inner_;
  std::vector<Part<Request>> parts_;
  const CallOptions options_;
  const steady_clock::time_point deadline_;
  const Done done_;
  const Send send_;
  std::size_t next_ = 0;
  Response whole_;
};

// The same in the caller's thread.
template <typename Response, typename Request, typename Send>
Result<Response> SendParts(const std::vector<Part<Request>>& parts,
                           CallOptions options, const Send& send) {
  options = WithIdempotencyKey(std::move(options));
  const auto deadline = steady_clock::now() + *options.timeout;
  Response whole;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    Result<Response> answer =
        send(parts[i].request, OptionsOfPart(options, i, deadline));
    if (!answer.ok()) {
      return ErrorOfPart(std::move(answer).error(), parts[i].first_event);
    }
    AddAnswer(*std::move(answer), parts[i].first_event, whole);
  }
  return whole;
}

// Measuring a batch of typed events costs more than all else that the client
// does. So few of them are within the limits unless they are as large as this
// on average; then the server says so, and has done nothing.
constexpr std::size_t kLargeEventBytes = 8 << 10;

template <typename Request>
bool LooksSmall(const Request& request, const PartLimits& limits) {
  const auto events = static_cast<std::size_t>(request.events_size());
  return events > 0 && request.webhook_json().empty() &&
         request.events_size() <= limits.max_events &&
         events <= limits.max_bytes / kLargeEventBytes;
}

// How gRPC refuses a message.
bool IsTooLarge(const Error& error) {
  return error.code == ErrorCode::kResourceExhausted && error.reason.empty() &&
         !error.retry_delay.has_value();
}

CallOptions WithTimeout(CallOptions options, std::chrono::nanoseconds timeout) {
  if (!options.timeout.has_value()) options.timeout = timeout;
  return options;
}

// What calls may take that do not say it.
struct Bounds {
  const PartLimits& limits;
  std::chrono::nanoseconds timeout;
};

// As one when it fits, else in parts.
template <typename Response, typename Request, typename Send>
Result<Response> SendFitting(const Request& request, const Bounds& bounds,
                             const CallOptions& options, const Send& send) {
  const auto begin = steady_clock::now();
  std::optional<Result<Response>> refused;
  if (LooksSmall(request, bounds.limits)) {
    refused = send(request, options);
    if (refused->ok() || !IsTooLarge(refused->error())) {
      return *std::move(refused);
    }
  }
  const auto parts = CutRequest(request, bounds.limits);
  if (parts.empty()) {
    return refused.has_value() ? *std::move(refused) : send(request, options);
  }
  CallOptions rest = WithTimeout(options, bounds.timeout);
  rest.timeout = std::max<std::chrono::nanoseconds>(
      *rest.timeout - (steady_clock::now() - begin),
      std::chrono::milliseconds(1));
  return SendParts<Response>(parts, std::move(rest), send);
}

}  // namespace

SplittingConnection::SplittingConnection(std::shared_ptr<Connection> inner,
                                         const ClientOptions& options)
    : inner_(std::move(inner)),
      limits_{.max_bytes = static_cast<std::size_t>(options.max_request_bytes),
              .max_events = options.max_request_events},
      timeout_(options.timeout) {}

Result<v1::TransformResponse> SplittingConnection::Transform(
    const v1::TransformRequest& request, const CallOptions& options) {
  if (auto bad = CheckCallOptions(options, kMaxKeyLength))
    return *std::move(bad);
  return SendFitting<v1::TransformResponse>(
      request, {limits_, timeout_}, options,
      [this](const auto& part, const CallOptions& how) {
        return inner_->Transform(part, how);
      });
}

Result<v1::ForwardResponse> SplittingConnection::Forward(
    const v1::ForwardRequest& request, const CallOptions& options) {
  if (auto bad = CheckCallOptions(options, kMaxKeyLength))
    return *std::move(bad);
  return SendFitting<v1::ForwardResponse>(
      request, {limits_, timeout_}, options,
      [this](const auto& part, const CallOptions& how) {
        return inner_->Forward(part, how);
      });
}

void SplittingConnection::TransformAsync(v1::TransformRequest request,
                                         CallOptions options,
                                         TransformDone done) {
  if (auto bad = CheckCallOptions(options, kMaxKeyLength))
    return done(*std::move(bad));
  auto parts = CutRequest(request, limits_);
  if (parts.empty()) {
    return inner_->TransformAsync(std::move(request), std::move(options),
                                  std::move(done));
  }
  std::make_shared<PartsCall<v1::TransformRequest, v1::TransformResponse>>(
      inner_, std::move(parts), WithTimeout(std::move(options), timeout_),
      std::move(done), &Connection::TransformAsync)
      ->SendNext();
}

void SplittingConnection::ForwardAsync(v1::ForwardRequest request,
                                       CallOptions options, ForwardDone done) {
  if (auto bad = CheckCallOptions(options, kMaxKeyLength))
    return done(*std::move(bad));
  auto parts = CutRequest(request, limits_);
  if (parts.empty()) {
    return inner_->ForwardAsync(std::move(request), std::move(options),
                                std::move(done));
  }
  std::make_shared<PartsCall<v1::ForwardRequest, v1::ForwardResponse>>(
      inner_, std::move(parts), WithTimeout(std::move(options), timeout_),
      std::move(done), &Connection::ForwardAsync)
      ->SendNext();
}

Result<std::unique_ptr<TransformStream>>
SplittingConnection::OpenTransformStream(const CallOptions& options) {
  if (auto bad = CheckCallOptions(options, kMaxKeyLength))
    return *std::move(bad);
  return inner_->OpenTransformStream(options);
}

Result<std::unique_ptr<ForwardStream>> SplittingConnection::OpenForwardStream(
    const CallOptions& options) {
  if (auto bad = CheckCallOptions(options, kMaxKeyLength))
    return *std::move(bad);
  return inner_->OpenForwardStream(options);
}

}  // namespace segrid::internal
