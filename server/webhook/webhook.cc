#include "server/webhook/webhook.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/absl_view.h"
#include "core/base/error_info.h"
#include "core/base/status_macros.h"
#include "server/http/host_rules.h"
#include "server/webhook/answers.h"
#include "server/webhook/signature_check.h"
#include "server/webhook/unpack.h"

namespace segrid::webhook {
namespace {

constexpr std::string_view kPath = "/v1/webhook";

Outcome OutcomeOf(SignatureVerdict verdict) {
  switch (verdict) {
    case SignatureVerdict::kMissing:
      return Outcome::kMissingSignature;
    case SignatureVerdict::kStale:
      return Outcome::kStaleTimestamp;
    default:
      return Outcome::kBadSignature;
  }
}

bool IsGzip(std::string_view encoding) {
  return absl::EqualsIgnoreCase(base::Absl(encoding), "gzip") ||
         absl::EqualsIgnoreCase(base::Absl(encoding), "x-gzip");
}

// The trace's id, for logs; "" without a trace.
std::string TextOf(const std::optional<base::TraceParent>& trace) {
  return trace.has_value() ? base::TraceIdText(*trace) : "";
}

}  // namespace

Webhook::Webhook(std::string name, std::int64_t max_body_bytes,
                 Environment environment)
    : name_(std::move(name)),
      max_body_bytes_(max_body_bytes),
      environment_(std::move(environment)) {}

absl::StatusOr<std::shared_ptr<Webhook>> Webhook::Create(
    const config::Webhook& options, std::int64_t max_body_bytes,
    Environment environment) {
  std::shared_ptr<Webhook> webhook(
      new Webhook(options.name, max_body_bytes, std::move(environment)));
  SEGRID_RETURN_IF_ERROR(webhook->Replace(options));
  return webhook;
}

absl::StatusOr<std::shared_ptr<const Webhook::Rules>> Webhook::MakeRules(
    const config::Webhook& options) const {
  auto rules = std::make_shared<Rules>();
  for (std::size_t i = 0; i < options.public_keys.size(); ++i) {
    auto key = crypto::EcdsaP256Key::Parse(options.public_keys[i]);
    if (!key.ok()) {
      return base::MakeError(
          key.status().code(), base::ReasonOf(key.status()),
          absl::StrCat("webhook '", options.name, "': public_keys[", i, "] ",
                       key.status().message()));
    }
    rules->keys.push_back(*std::move(key));
  }
  rules->replay_window = options.replay_window;
  rules->sources = options.sources;
  rules->authorization =
      Authorization(options.bearer_sha256, options.basic_sha256);
  rules->asks_for_authorization = options.AsksForAuthorization();
  rules->authenticates = options.Authenticates();
  if (options.jwt.issuer.empty()) return rules;
  auto verifier = jwt::TokenVerifier::Create(
      options.jwt, environment_.fetched_keys
                       ? environment_.fetched_keys(options.jwt)
                       : nullptr);
  if (!verifier.ok()) {
    return base::MakeError(verifier.status().code(),
                           base::ReasonOf(verifier.status()),
                           absl::StrCat("webhook '", options.name,
                                        "': ", verifier.status().message()));
  }
  rules->jwt = *std::move(verifier);
  return rules;
}

absl::Status Webhook::Check(const config::Webhook& options) const {
  return MakeRules(options).status();
}

absl::Status Webhook::Replace(const config::Webhook& options) {
  SEGRID_ASSIGN_OR_RETURN(std::shared_ptr<const Rules> made,
                          MakeRules(options));
  absl::MutexLock lock(&mu_);
  rules_ = std::move(made);
  return absl::OkStatus();
}

std::shared_ptr<const Webhook::Rules> Webhook::rules() const {
  absl::MutexLock lock(&mu_);
  return rules_;
}

void Webhook::AddRoutes(httpd::Router& router, bool is_default) {
  httpd::Route route;
  route.method = "POST";
  route.max_body_bytes = max_body_bytes_;
  route.before_body = [self = shared_from_this()](const auto& request) {
    return self->CheckHead(request);
  };
  route.handle = [self = shared_from_this()](const auto& request,
                                             httpd::Respond respond) {
    self->Handle(request, std::move(respond));
  };
  std::vector<std::string> paths = {
      absl::StrCat(base::Absl(kPath), "/", name_)};
  if (is_default) paths.emplace_back(kPath);
  for (const std::string& path : paths) {
    for (const char* const slash : {"", "/"}) {
      route.path = path + slash;
      router.Add(route);
    }
  }
}

std::optional<Outcome> Webhook::CheckOrigin(
    const Rules& rules, const httpd::Request& request) const {
  // Who shows what he knows may come from anywhere.
  if (rules.authenticates) return std::nullopt;
  if (!httpd::ForeignHeaderOf(request).empty()) return Outcome::kForeign;
  if (!httpd::IsKnownHost(request, environment_.allowed_hosts)) {
    return Outcome::kUnknownHost;
  }
  return std::nullopt;
}

std::optional<Outcome> Webhook::CheckAuthorization(
    const Rules& rules, const httpd::Request& request) const {
  if (!rules.asks_for_authorization) return std::nullopt;
  const std::string_view header =
      httpd::HeaderOf(request, "Authorization").value_or("");
  if (rules.authorization.Allows(header)) return std::nullopt;
  const auto token = Authorization::TokenOf(header);
  if (rules.jwt == nullptr || !token.has_value()) {
    return Outcome::kUnauthorized;
  }
  switch (rules.jwt->Verify(*token, environment_.clock.Now())) {
    case jwt::Verdict::kGood:
      return std::nullopt;
    case jwt::Verdict::kKeysMissing:
      return Outcome::kUnavailable;
    default:
      return Outcome::kUnauthorized;
  }
}

httpd::HeadVerdict Webhook::CheckHead(const httpd::Request& request) {
  const Trace trace = TraceOf(request);
  if (!environment_.accepting()) {
    return {.refusal = Refuse(Outcome::kDraining, trace)};
  }
  const std::shared_ptr<const Rules> current = rules();
  std::optional<Outcome> refused = CheckOrigin(*current, request);
  if (!refused) refused = CheckAuthorization(*current, request);
  const bool wants_signature = !current->keys.empty();
  if (!refused && wants_signature &&
      !(httpd::HeaderOf(request, kSignatureHeader) &&
        httpd::HeaderOf(request, kTimestampHeader))) {
    refused = Outcome::kMissingSignature;
  }
  if (!refused) {
    return {.is_authenticated = current->asks_for_authorization};
  }
  httpd::Answer answer = Refuse(*refused, trace);
  if (*refused == Outcome::kUnauthorized) {
    answer.headers.emplace_back(
        "WWW-Authenticate",
        current->authorization.challenge(current->jwt != nullptr));
  }
  return {.refusal = std::move(answer)};
}

std::optional<Outcome> Webhook::CheckBody(const Rules& rules,
                                          const httpd::Request& request) const {
  if (rules.keys.empty()) return std::nullopt;
  const SignatureVerdict verdict = CheckSignature(
      rules.keys,
      {httpd::HeaderOf(request, kSignatureHeader),
       httpd::HeaderOf(request, kTimestampHeader)},
      request.body, rules.replay_window, environment_.clock.Now());
  if (verdict == SignatureVerdict::kGood) return std::nullopt;
  return OutcomeOf(verdict);
}

void Webhook::Handle(const httpd::Request& request, httpd::Respond respond) {
  const Trace trace = TraceOf(request);
  const std::shared_ptr<const Rules> current = rules();
  if (const auto refused = CheckBody(*current, request)) {
    return respond(Refuse(*refused, trace));
  }
  const bool has_coding = httpd::HasHeader(request, "Content-Encoding");
  const std::string_view encoding =
      httpd::HeaderOf(request, "Content-Encoding").value_or("several");
  if (!has_coding || encoding.empty() ||
      absl::EqualsIgnoreCase(base::Absl(encoding), "identity")) {
    return Forward(*current, request, request.body, std::move(respond));
  }
  if (!IsGzip(encoding)) {
    httpd::Answer answer = Refuse(Outcome::kBadEncoding, trace);
    answer.status = 415;
    answer.headers.emplace_back("Accept-Encoding", "gzip");
    return respond(std::move(answer));
  }
  const absl::StatusOr<std::string> plain =
      Gunzip(request.body, max_body_bytes_);
  if (!plain.ok()) {
    return respond(Refuse(absl::IsResourceExhausted(plain.status())
                              ? Outcome::kTooLarge
                              : Outcome::kBadEncoding,
                          trace));
  }
  Forward(*current, request, *plain, std::move(respond));
}

void Webhook::Forward(const Rules& rules, const httpd::Request& request,
                      std::string_view body, httpd::Respond respond) {
  const Trace trace = TraceOf(request);
  const std::string content_type(
      httpd::HeaderOf(request, "Content-Type").value_or(""));
  pipeline::ForwardCall call;
  call.input = {pipeline::Input::Form::kWebhookJson, body};
  call.sources = rules.sources;
  call.trace = trace;
  environment_.pipeline.Forward(
      call, [self = shared_from_this(), trace, content_type,
             respond = std::move(respond)](
                absl::StatusOr<pipeline::ForwardResult> result) {
        if (!result.ok()) {
          return respond(
              self->RefuseForward(result.status(), content_type, trace));
        }
        self->counts_.Add(Outcome::kAccepted);
        self->environment_.log.Debug("webhook accepted",
                                     {{"webhook", self->name_},
                                      {"events", std::int64_t{result->events}},
                                      {"trace_id", TextOf(trace)}});
        respond(AcceptedAnswer(*result));
      });
}

httpd::Answer Webhook::RefuseForward(const absl::Status& status,
                                     std::string_view content_type,
                                     const Trace& trace) {
  const std::string reason = base::ReasonOf(status);
  if (reason == "TOO_MANY_EVENTS") return Refuse(Outcome::kTooLarge, trace);
  // BAD_CHUNK is the queue's, so the request is not to blame.
  if (absl::IsInvalidArgument(status) && reason != "BAD_CHUNK") {
    return Refuse(Outcome::kNotAnArray, trace,
                  BodyProblem(status, content_type));
  }
  environment_.log.Debug(
      "webhook could not be made durable",
      {{"webhook", name_}, {"reason", reason}, {"trace_id", TextOf(trace)}});
  counts_.Add(Outcome::kUnavailable);
  httpd::Answer answer = UnavailableAnswer(status);
  answer.refusal.webhook = name_;
  return answer;
}

httpd::Answer Webhook::Refuse(Outcome outcome, const Trace& trace,
                              std::string_view detail) {
  counts_.Add(outcome);
  environment_.log.Debug(
      "webhook request refused",
      {{"webhook", name_},
       {"outcome",
        std::string(kOutcomeNames[static_cast<std::size_t>(outcome)])},
       {"detail", std::string(detail)},
       {"trace_id", TextOf(trace)}});
  httpd::Answer answer = RefusalAnswer(outcome, detail);
  answer.refusal.webhook = name_;
  answer.refusal.detail = detail;
  return answer;
}

}  // namespace segrid::webhook
