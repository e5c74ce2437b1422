#include "bench/load/http_lane.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bench/load/pacer.h"
#include "bench/stats/codes.h"

namespace segrid::bench {
namespace {

// A server that is not there refuses in microseconds: asking again at once
// would only measure how fast this tool can fail.
constexpr std::int64_t kFastFailureNs = 1'000'000;
constexpr absl::Duration kFailurePause = absl::Milliseconds(10);
constexpr std::size_t kShownBytes = 200;

}  // namespace

HttpLane::HttpLane(HttpLaneOptions options, LaneSettings settings,
                   http::Client& client, pool::Executor& executor)
    : options_(std::move(options)),
      settings_(std::move(settings)),
      client_(client),
      executor_(executor) {}

void HttpLane::Start(std::int64_t intended_ns) {
  {
    const std::lock_guard lock(mu_);
    if (in_flight_ == options_.connections) {
      waiting_.push_back(intended_ns);
      return;
    }
    ++in_flight_;
  }
  Send(intended_ns);
}

void HttpLane::Send(std::int64_t intended_ns) {
  Feed::Request next = settings_.feed.Next();
  http::Request request{.target = options_.path, .headers = settings_.metadata};
  request.headers.emplace_back("Content-Type", "application/json");
  std::string body(reinterpret_cast<const char*>(next.bytes.begin()),
                   next.bytes.size());
  if (options_.signer) {
    std::string timestamp = absl::StrCat(absl::ToUnixSeconds(absl::Now()));
    request.headers.emplace_back(crypto::kWebhookSignatureHeader,
                                 options_.signer->Sign(timestamp, body));
    request.headers.emplace_back(crypto::kWebhookTimestampHeader,
                                 std::move(timestamp));
  }
  const Call call{.intended_ns = intended_ns,
                  .begin_ns = SteadyNanos(),
                  .events = next.events,
                  .request_bytes = static_cast<std::int64_t>(body.size())};
  request.body = http::BodyOf(std::move(body));
  client_.Send(std::move(request),
               [this, call](const absl::StatusOr<http::Response>& answer) {
                 OnDone(call, answer);
               });
}

std::size_t HttpLane::Judge(const absl::StatusOr<http::Response>& answer) {
  if (!answer.ok()) {
    const std::size_t code =
        CodeIndex(static_cast<int>(answer.status().code()));
    settings_.recorder.Explain(code, std::string(answer.status().message()));
    return code;
  }
  const std::size_t code = HttpCodeIndex(answer->status);
  if (code != kOk) {
    settings_.recorder.Explain(
        code, absl::StrCat("status ", answer->status, ", ",
                           answer->body.substr(0, kShownBytes)));
  }
  return code;
}

void HttpLane::OnDone(const Call& call,
                      const absl::StatusOr<http::Response>& answer) {
  const std::int64_t now = SteadyNanos();
  const std::size_t code = Judge(answer);
  settings_.recorder.Record(
      {.step = settings_.StepAt(call.intended_ns),
       .intended_ns = call.intended_ns,
       .end_ns = now,
       .code = code,
       .events = call.events,
       .request_bytes = call.request_bytes,
       .response_bytes =
           answer.ok() ? static_cast<std::int64_t>(answer->body.size()) : 0});
  const bool again = settings_.driver.Again(now);
  if (again && code == kUnavailable && now - call.begin_ns < kFastFailureNs) {
    SendLater();
  } else if (again) {
    {
      const std::lock_guard lock(mu_);
      waiting_.push_back(now);  // Behind those that wait already.
    }
    SendNextWaiting();
  } else {
    SendNextWaiting();
  }
}

void HttpLane::SendNextWaiting() {
  std::int64_t intended_ns = 0;
  {
    const std::lock_guard lock(mu_);
    if (waiting_.empty()) {
      --in_flight_;
      return;
    }
    intended_ns = waiting_.front();
    waiting_.pop_front();
  }
  Send(intended_ns);
}

void HttpLane::SendLater() {
  auto timer = executor_.After(kFailurePause, [this] { Send(SteadyNanos()); });
  const std::lock_guard lock(mu_);
  pauses_.push_back(std::move(timer));
  // Each connection has at most one that still runs.
  while (std::ssize(pauses_) > options_.connections) pauses_.pop_front();
}

}  // namespace segrid::bench
