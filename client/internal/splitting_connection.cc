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

// Sends them one after the other in the caller's thread.
template <typename Response, typename Request, typename Send>
Result<Response> SendParts(const std::vector<Part<Request>>& parts,
                           const CallOptions& options, const Send& send) {
  const auto deadline = steady_clock::now() + *options.timeout;
  Response whole;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    Result<Response> answer =
        send(parts[i].request, OptionsOfPart(options, i, deadline));
    if (!answer.ok()) {
      return ErrorOfPart(std::move(answer).error(), parts[i].first_event,
                         parts[i].event_count);
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

// The answer to what cannot be cut: it may be a single event.
template <typename Response, typename Request>
Result<Response> AnswerToWhole(const Request& request,
                               Result<Response> answer) {
  if (answer.ok() || request.events_size() != 1) return answer;
  return NamingLargeEvent(std::move(answer).error(), 0);
}

// What calls may take that do not say it.
struct Bounds {
  PartLimits limits;
  std::chrono::nanoseconds timeout;
};

// The options of the parts of a call that began at `begin`: what is left of its
// time, and a key.
CallOptions OptionsOfRest(CallOptions options, const Bounds& bounds,
                          steady_clock::time_point begin) {
  options.timeout = std::max<std::chrono::nanoseconds>(
      options.timeout.value_or(bounds.timeout) - (steady_clock::now() - begin),
      std::chrono::milliseconds(1));
  return WithIdempotencyKey(std::move(options));
}

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
    return refused.has_value() ? AnswerToWhole(request, *std::move(refused))
                               : send(request, options);
  }
  return SendParts<Response>(parts, OptionsOfRest(options, bounds, begin),
                             send);
}

// The same without a thread that waits. Keeps itself until it is done.
template <typename Request, typename Response>
class FittingCall
    : public std::enable_shared_from_this<FittingCall<Request, Response>> {
 public:
  using Done = std::function<void(Result<Response>)>;

  FittingCall(std::shared_ptr<Connection> inner, const Bounds& bounds,
              CallOptions options, Done done)
      : inner_(std::move(inner)),
        bounds_(bounds),
        options_(std::move(options)),
        done_(std::move(done)) {}

  void Start(std::shared_ptr<const Request> request) {
    if (!LooksSmall(*request, bounds_.limits)) {
      return Cut(std::move(request), std::nullopt);
    }
    CallAsync(*inner_, request, options_,
              [self = this->shared_from_this(),
               request](Result<Response> answer) mutable {
                if (answer.ok() || !IsTooLarge(answer.error())) {
                  return self->done_(std::move(answer));
                }
                self->Cut(std::move(request), std::move(answer));
              });
  }

 private:
  void Cut(std::shared_ptr<const Request> request,
           std::optional<Result<Response>> refused) {
    parts_ = CutRequest(*request, bounds_.limits);
    if (!parts_.empty()) {
      options_ = OptionsOfRest(std::move(options_), bounds_, begin_);
      deadline_ = steady_clock::now() + *options_.timeout;
      return SendNext();
    }
    if (refused.has_value()) {
      return done_(AnswerToWhole(*request, *std::move(refused)));
    }
    CallAsync(*inner_, std::move(request), options_, done_);
  }

  void SendNext() {
    CallAsync(*inner_,
              std::make_shared<const Request>(std::move(parts_[next_].request)),
              OptionsOfPart(options_, next_, deadline_),
              [self = this->shared_from_this()](Result<Response> answer) {
                self->Answered(std::move(answer));
              });
  }

  void Answered(Result<Response> answer) {
    const std::int32_t first_event = parts_[next_].first_event;
    if (!answer.ok()) {
      return done_(ErrorOfPart(std::move(answer).error(), first_event,
                               parts_[next_].event_count));
    }
    AddAnswer(*std::move(answer), first_event, whole_);
    if (++next_ == parts_.size()) return done_(std::move(whole_));
    SendNext();
  }

  const std::shared_ptr<Connection> inner_;
  const Bounds bounds_;
  const steady_clock::time_point begin_ = steady_clock::now();
  CallOptions options_;
  const Done done_;
  std::vector<Part<Request>> parts_;
  steady_clock::time_point deadline_;
  std::size_t next_ = 0;
  Response whole_;
};

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

void SplittingConnection::TransformShared(
    std::shared_ptr<const v1::TransformRequest> request, CallOptions options,
    TransformDone done) {
  if (auto bad = CheckCallOptions(options, kMaxKeyLength))
    return done(*std::move(bad));
  std::make_shared<FittingCall<v1::TransformRequest, v1::TransformResponse>>(
      inner_, Bounds{limits_, timeout_}, std::move(options), std::move(done))
      ->Start(std::move(request));
}

void SplittingConnection::ForwardShared(
    std::shared_ptr<const v1::ForwardRequest> request, CallOptions options,
    ForwardDone done) {
  if (auto bad = CheckCallOptions(options, kMaxKeyLength))
    return done(*std::move(bad));
  std::make_shared<FittingCall<v1::ForwardRequest, v1::ForwardResponse>>(
      inner_, Bounds{limits_, timeout_}, std::move(options), std::move(done))
      ->Start(std::move(request));
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
