#include "server/webhook/answers.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "core/base/error_info.h"

namespace segrid::webhook {
namespace {

struct Row {
  int status;
  std::string_view reason;
  std::string_view message;
};

// By Outcome.
// clang-format off
constexpr std::array<Row, kOutcomeCount> kRows = {{
    {200, "ACCEPTED",          ""},
    {401, "UNAUTHORIZED",      "the Authorization header is missing or wrong; compare it with the webhook's settings at SendGrid"},
    {403, "FOREIGN_REQUEST",   "this webhook takes unsigned events, so it refuses what a web page or a proxy sends on (Origin, Sec-Fetch-Site, X-Forwarded-For, Forwarded, Via); set its public_keys"},
    {403, "UNKNOWN_HOST",      "this webhook takes unsigned events, so its Host must be a loopback name, an address or one of http.allowed_hosts; set its public_keys"},
    {401, "MISSING_SIGNATURE", "the signature headers are missing; turn on Signed Event Webhook at SendGrid"},
    {401, "STALE_TIMESTAMP",   "the signed time is too far from now; check the clock, or replay_window"},
    {401, "BAD_SIGNATURE",     "the signature is of no key of this webhook, or not of this body; compare public_keys with SendGrid's"},
    {400, "BAD_ENCODING",      "the content encoding is not gzip, or the body is damaged"},
    {413, "TOO_LARGE",         "the body is over the limit of bytes or of events"},
    {400, "NOT_AN_ARRAY",      "the body is no JSON array of events"},
    {503, "UNAVAILABLE",       "the events cannot be stored now; retry later"},
    {503, "DRAINING",          "the server is stopping; retry later"},
}};
// clang-format on

constexpr std::int64_t kRetrySeconds = 5;
constexpr std::int64_t kMaxRetrySeconds = 300;

}  // namespace

httpd::Answer AcceptedAnswer(const pipeline::ForwardResult& result) {
  std::int64_t accepted = 0, duplicate = 0, skipped = 0, rejected = 0;
  for (const pipeline::SourceResult& source : result.sources) {
    accepted += source.accepted;
    duplicate += source.duplicate;
    skipped += source.skipped;
    rejected += source.rejected;
  }
  httpd::Answer answer;
  answer.body =
      absl::StrCat("{\"events\":", result.events, ",\"accepted\":", accepted,
                   ",\"duplicate\":", duplicate, ",\"skipped\":", skipped,
                   ",\"rejected\":", rejected, "}\n");
  return answer;
}

httpd::Answer RefusalAnswer(Outcome outcome, std::string_view detail) {
  const Row& row = kRows[static_cast<std::size_t>(outcome)];
  const std::string_view message = detail.empty() ? row.message : detail;
  httpd::Answer answer =
      row.status == 503
          ? httpd::RetryAnswer(row.status, row.reason, message, kRetrySeconds)
          : httpd::ErrorAnswer(row.status, row.reason, message);
  answer.close = outcome == Outcome::kDraining;
  return answer;
}

std::string BodyProblem(const absl::Status& status,
                        std::string_view content_type) {
  const absl::string_view type(content_type.data(), content_type.size());
  if (absl::StartsWithIgnoreCase(type, "multipart/form-data")) {
    return "the body is not JSON: its Content-Type is multipart/form-data, as "
           "SendGrid's Inbound Parse posts mail; the Event Webhook posts JSON";
  }
  if (absl::StartsWithIgnoreCase(type, "application/x-www-form-urlencoded")) {
    return "the body is not JSON: its Content-Type is that of a form post; the "
           "Event Webhook posts JSON";
  }
  return std::string(status.message());
}

httpd::Answer UnavailableAnswer(const absl::Status& status) {
  std::int64_t seconds = kRetrySeconds;
  if (const auto delay = base::RetryDelayOf(status)) {
    seconds = std::clamp<std::int64_t>(
        absl::ToInt64Seconds(absl::Ceil(*delay, absl::Seconds(1))), 1,
        kMaxRetrySeconds);
  }
  const Row& row = kRows[static_cast<std::size_t>(Outcome::kUnavailable)];
  const std::string reason = base::ReasonOf(status);
  return httpd::RetryAnswer(row.status, reason.empty() ? row.reason : reason,
                            row.message, seconds);
}

std::optional<base::TraceParent> TraceOf(const httpd::Request& request) {
  const auto header = httpd::HeaderOf(request, "traceparent");
  if (!header.has_value()) return std::nullopt;
  std::optional<base::TraceParent> trace = base::ParseTraceParent(*header);
  if (trace.has_value()) {
    trace->state =
        base::ParseTraceState(httpd::ListHeaderOf(request, "tracestate"));
  }
  return trace;
}

}  // namespace segrid::webhook
