#include "core/receivers/segment/access_token.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "core/base/absl_view.h"
#include "core/base/error_info.h"
#include "core/base/status_macros.h"
#include "core/base/trace_parent.h"
#include "core/base/version.h"
#include "core/receivers/segment/response.h"
#include "simdjson.h"

namespace segrid::receivers::segment {
namespace {

// An assertion is good for a minute, five seconds of which have passed, because
// clocks differ.
constexpr absl::Duration kIssuedBefore = absl::Seconds(5);
constexpr absl::Duration kAssertionLife = absl::Seconds(55);
// When the answer does not say how long a token is good.
constexpr absl::Duration kUsualLife = absl::Minutes(5);
constexpr absl::Duration kMaxLife = absl::Hours(720);
// Between attempts to renew a token that is still good.
constexpr absl::Duration kRenewPause = absl::Seconds(30);
constexpr std::size_t kMaxTokenBytes = 8 << 10;

constexpr char kAdvice[] =
    "the token endpoint refuses the assertion; check client_id, key_id and key "
    "of oauth, and the clock, then resume the source";

// Whether `text` may stand in a header.
bool IsToken(std::string_view text) {
  return !text.empty() && text.size() <= kMaxTokenBytes &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c > ' ' && c < 0x7F; });
}

struct Grant {
  base::Secret token{};
  absl::Duration life{};
};

std::optional<Grant> ReadGrant(const std::string& body) {
  simdjson::dom::parser parser;
  simdjson::dom::element json;
  std::string_view token;
  if (parser.parse(body).get(json) != simdjson::SUCCESS ||
      json["access_token"].get(token) != simdjson::SUCCESS || !IsToken(token)) {
    return std::nullopt;
  }
  double seconds = absl::ToDoubleSeconds(kUsualLife);
  if (json["expires_in"].get(seconds) != simdjson::SUCCESS || seconds <= 0) {
    seconds = absl::ToDoubleSeconds(kUsualLife);
  }
  return Grant{.token = base::Secret(std::string(token)),
               .life = std::min(absl::Seconds(seconds), kMaxLife)};
}

// Statuses of the token endpoint that may pass by themselves.
bool MayPass(int status) {
  return status == 408 || status == 421 || status == 425 || status == 429 ||
         (status >= 500 && status != 501 && status != 505 && status != 511);
}

}  // namespace

AccessToken::AccessToken(AccessTokenOptions options, crypto::Rs256Key key,
                         std::unique_ptr<http::Client> client,
                         base::Clock& clock)
    : options_(std::move(options)),
      key_(std::move(key)),
      clock_(clock),
      client_(std::move(client)) {}

void AccessToken::Get(Done done) {
  const absl::Duration now = clock_.Uptime();
  base::Secret good;
  bool ask = false;
  {
    absl::MutexLock lock(&mu_);
    if (!token_.empty() && now < expires_at_) good = token_;
    ask = !asking_ && (good.empty() || now >= renew_at_);
    asking_ = asking_ || ask;
    if (good.empty()) waiting_.push_back(done);
  }
  if (ask) Ask();
  if (!good.empty()) done({.token = good});
}

void AccessToken::Forget(const base::Secret& token) {
  absl::MutexLock lock(&mu_);
  if (token_ == token) token_ = base::Secret();
}

absl::StatusOr<AccessToken::Asking> AccessToken::MakeRequest() {
  absl::Time now = clock_.Now();
  {
    absl::MutexLock lock(&mu_);
    now += ahead_;
  }
  // The configuration lets nothing in that JSON would escape.
  const std::string head = absl::StrCat(R"({"alg":"RS256","typ":"JWT","kid":")",
                                        options_.key_id, R"("})");
  const std::string claims = absl::StrCat(
      R"({"iss":")", options_.client_id, R"(","sub":")", options_.client_id,
      R"(","aud":")", options_.audience, R"(","iat":)",
      absl::ToUnixSeconds(now - kIssuedBefore), R"(,"exp":)",
      absl::ToUnixSeconds(now + kAssertionLife), R"(,"jti":")",
      absl::Hex(base::RandomSpanId(), absl::kZeroPad16),
      absl::Hex(base::RandomSpanId(), absl::kZeroPad16), R"("})");
  std::string assertion = absl::StrCat(absl::WebSafeBase64Escape(head), ".",
                                       absl::WebSafeBase64Escape(claims));
  SEGRID_ASSIGN_OR_RETURN(const std::string signature, key_.Sign(assertion));
  absl::StrAppend(&assertion, ".", absl::WebSafeBase64Escape(signature));
  Asking asking{.assertion = assertion};
  asking.request = {
      .target = options_.target,
      .headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                  {"Accept", "application/json"},
                  {"Accept-Encoding", "identity"},
                  {"User-Agent",
                   absl::StrCat("segrid/", base::Absl(base::kVersion))}},
      .body = http::BodyOf(
          absl::StrCat("grant_type=client_credentials&client_assertion_type="
                       "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
                       "&client_assertion=",
                       assertion, "&scope=tracking_api:write"))};
  return asking;
}

void AccessToken::Ask() {
  const absl::Duration asked_at = clock_.Uptime();
  absl::StatusOr<Asking> asking = MakeRequest();
  if (!asking.ok()) return Tell({.failure = DecideFailure(asking.status())});
  client_->Send(std::move(asking->request),
                [weak = weak_from_this(), asked_at,
                 assertion = std::move(asking->assertion)](
                    const absl::StatusOr<http::Response>& response) {
                  const std::shared_ptr<AccessToken> self = weak.lock();
                  if (self != nullptr) {
                    self->OnAnswered(response, assertion, asked_at);
                  }
                });
}

void AccessToken::OnAnswered(const absl::StatusOr<http::Response>& response,
                             const std::string& assertion,
                             absl::Duration asked_at) {
  if (response.ok()) return Tell(Read(*response, assertion, asked_at));
  SendResult failure = DecideFailure(response.status());
  failure.detail = absl::StrCat("no token: ", failure.detail);
  failure.answer = failure.detail;
  Tell({.failure = std::move(failure)});
}

AccessToken::Result AccessToken::Read(const http::Response& response,
                                      const std::string& assertion,
                                      absl::Duration asked_at) {
  LearnTime(response);
  const int status = response.status;
  const bool is_success = status >= 200 && status <= 299;
  if (is_success) {
    if (std::optional<Grant> grant = ReadGrant(response.body)) {
      absl::MutexLock lock(&mu_);
      token_ = grant->token;
      renew_at_ = asked_at + grant->life / 2;
      expires_at_ = asked_at + grant->life;
      return {.token = std::move(grant->token)};
    }
  }
  const std::string body =
      is_success ? std::string("(not shown)")
                 : absl::StrReplaceAll(response.body, {{assertion, "***"}});
  SendResult failure = Decide({.status = status,
                               .retry_after = response.Header("Retry-After"),
                               .body = body},
                              clock_.Now());
  failure.reason = {};
  if (!MayPass(status)) failure.verdict = Verdict::kMisconfigured;
  failure.detail =
      is_success ? absl::StrCat("HTTP ", status,
                                " without an access_token: token_endpoint is "
                                "not one of OAuth 2.0; correct it")
      : failure.verdict == Verdict::kMisconfigured
          ? absl::StrCat("HTTP ", status, ": ", kAdvice)
          : absl::StrCat("no token: HTTP ", status, " of the token endpoint");
  failure.answer = absl::StrCat("token endpoint: HTTP ", status, ": ",
                                base::Absl(ShownPart(body)));
  return {.failure = std::move(failure)};
}

// The endpoint's clock is what counts for an assertion.
void AccessToken::LearnTime(const http::Response& response) {
  const auto date = response.Header("Date");
  absl::Time theirs;
  if (!date.has_value() ||
      !absl::ParseTime("%a, %d %b %E4Y %H:%M:%S GMT", base::Absl(*date),
                       &theirs, nullptr)) {
    return;
  }
  const absl::Duration ahead = theirs - clock_.Now();
  absl::MutexLock lock(&mu_);
  // The header counts whole seconds, and took a while.
  ahead_ =
      absl::AbsDuration(ahead) < kIssuedBefore ? absl::ZeroDuration() : ahead;
}

void AccessToken::Tell(const Result& result) {
  std::vector<Done> waiting;
  {
    absl::MutexLock lock(&mu_);
    asking_ = false;
    waiting.swap(waiting_);
    if (result.failure.has_value()) {
      renew_at_ = clock_.Uptime() + std::max(kRenewPause, result.failure->wait);
    }
  }
  for (const Done& done : waiting) done(result);
}

}  // namespace segrid::receivers::segment
