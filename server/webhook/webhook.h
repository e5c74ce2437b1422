// One webhook of SendGrid's: from a request to durable events.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "core/base/clock.h"
#include "core/base/trace_parent.h"
#include "core/config/config.h"
#include "core/crypto/ecdsa_p256.h"
#include "core/pipeline/pipeline.h"
#include "server/http/router.h"
#include "server/jwt/token_verifier.h"
#include "server/logging/log.h"
#include "server/webhook/authorization.h"
#include "server/webhook/outcome.h"

namespace segrid::webhook {

// All must outlive the webhook.
struct Environment {
  base::Clock& clock;
  pipeline::Pipeline& pipeline;
  logging::Log& log;
  // False while the server stops. Any thread.
  std::function<bool()> accepting;
  // Host headers that unsigned webhooks take; see config::Http.
  std::vector<std::string> allowed_hosts{};
  // The keys at a jwks_url, null where there are none. May be empty.
  std::function<std::shared_ptr<jwt::FetchedKeys>(const config::Jwt&)>
      fetched_keys{};
};

// Takes requests in this order: the server's state, where the request comes
// from (when the webhook asks for nothing else) and Authorization by the head;
// then the signature over the bytes as they came; only then is the body
// unpacked and parsed, and its events forwarded. 200 says that they are
// durable; everything else makes SendGrid retry.
//
// Ownership:     held by its routes.
// Thread safety: every method may be called from any thread at any time.
// Blocking:      never; transforms in the caller's thread.
class Webhook : public std::enable_shared_from_this<Webhook> {
 public:
  // `options` are valid. `max_body_bytes` bounds the body, packed and unpacked.
  // INVALID_ARGUMENT, BAD_PUBLIC_KEY: a key cannot be read; the message says
  // which. Besides, the errors of jwt::TokenVerifier.
  static absl::StatusOr<std::shared_ptr<Webhook>> Create(
      const config::Webhook& options, std::int64_t max_body_bytes,
      Environment environment);

  // Adds `POST /v1/webhook/<name>`, and `/v1/webhook` when `is_default`; both
  // also with a slash behind them.
  void AddRoutes(httpd::Router& router, bool is_default);

  // What Replace() would say to `options`, without taking them.
  absl::Status Check(const config::Webhook& options) const;

  // Takes other keys, window, sources and secrets, for requests from now on.
  // The name stays. Errors: as Create; then nothing changes.
  absl::Status Replace(const config::Webhook& options);

  const std::string& name() const { return name_; }
  const OutcomeCounts& counts() const { return counts_; }

  // How far back the signed time may be now; zero: it is not looked at.
  absl::Duration replay_window() const { return rules()->replay_window; }

 private:
  using Trace = std::optional<base::TraceParent>;

  struct Rules {
    std::vector<crypto::EcdsaP256Key> keys;
    absl::Duration replay_window;
    std::vector<std::string> sources;
    Authorization authorization;
    std::shared_ptr<const jwt::TokenVerifier> jwt;  // Null: none are taken.
    bool asks_for_authorization = false;
    bool authenticates = false;  // In any way; see config::Webhook.
  };
  absl::StatusOr<std::shared_ptr<const Rules>> MakeRules(
      const config::Webhook& options) const;

  Webhook(std::string name, std::int64_t max_body_bytes,
          Environment environment);

  std::shared_ptr<const Rules> rules() const ABSL_LOCKS_EXCLUDED(mu_);
  std::optional<Outcome> CheckOrigin(const Rules& rules,
                                     const httpd::Request& request) const;
  std::optional<Outcome> CheckAuthorization(
      const Rules& rules, const httpd::Request& request) const;
  httpd::HeadVerdict CheckHead(const httpd::Request& request);
  void Handle(const httpd::Request& request, httpd::Respond respond);
  std::optional<Outcome> CheckBody(const Rules& rules,
                                   const httpd::Request& request) const;
  void Forward(const Rules& rules, const httpd::Request& request,
               std::string_view body, httpd::Respond respond);
  // Counts what was refused, and makes the answer, which tells the listener's
  // log. `detail` says more
  // than the outcome does, without the contents.
  httpd::Answer Refuse(Outcome outcome, const Trace& trace,
                       std::string_view detail = {});
  httpd::Answer RefuseForward(const absl::Status& status,
                              std::string_view content_type,
                              const Trace& trace);

  const std::string name_;
  const std::int64_t max_body_bytes_;
  const Environment environment_;
  OutcomeCounts counts_;
  mutable absl::Mutex mu_;
  std::shared_ptr<const Rules> rules_ ABSL_GUARDED_BY(mu_);
};

}  // namespace segrid::webhook
