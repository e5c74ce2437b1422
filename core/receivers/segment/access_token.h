// Tokens of Segment's OAuth 2.0, for sources that enforce it.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/base/secret.h"
#include "core/crypto/rs256_key.h"
#include "core/http/client.h"
#include "core/receivers/receiver.h"

namespace segrid::receivers::segment {

struct AccessTokenOptions {
  std::string client_id{};
  std::string key_id{};
  std::string audience{};  // The token endpoint's base URL.
  std::string target{};    // Its path: where assertions are posted to.
};

// The token that a source's requests show. It is asked for when it is first
// needed, and anew, in the background, by the first request after half of its
// life. A failure to renew it is no failure while the old one is good.
//
// Ownership:     held by a std::shared_ptr; owns the client, and keeps a
//                reference to the clock. What it has asked for does not keep
//                it: a renewal may still be on its way when it goes.
// Thread safety: any thread.
// Blocking:      never waits for the network. A `done` runs exactly once,
//                inline when there is a good token.
class AccessToken : public std::enable_shared_from_this<AccessToken> {
 public:
  // A token, or what its lack means for the source: kRetry and kWait while the
  // endpoint is down, kMisconfigured when it refuses. Neither detail nor answer
  // repeat a key, an assertion or a token.
  struct Result {
    base::Secret token{};
    std::optional<SendResult> failure{};
  };
  using Done = std::function<void(const Result&)>;

  AccessToken(AccessTokenOptions options, crypto::Rs256Key key,
              std::unique_ptr<http::Client> client, base::Clock& clock);

  void Get(Done done);

  // Drops `token`, which the receiver refused, unless another is there already.
  void Forget(const base::Secret& token);

 private:
  // The request of a token, and the assertion in it.
  struct Asking {
    http::Request request{};
    std::string assertion{};
  };

  absl::StatusOr<Asking> MakeRequest();
  void Ask();
  void OnAnswered(const absl::StatusOr<http::Response>& response,
                  const std::string& assertion, absl::Duration asked_at);
  // Reads an answer; a good one is kept.
  Result Read(const http::Response& response, const std::string& assertion,
              absl::Duration asked_at);
  // Tells all that wait.
  void Tell(const Result& result);
  void LearnTime(const http::Response& response);

  const AccessTokenOptions options_;
  const crypto::Rs256Key key_;
  base::Clock& clock_;

  absl::Mutex mu_;
  base::Secret token_ ABSL_GUARDED_BY(mu_);  // Empty: none.
  // By base::Clock::Uptime().
  absl::Duration renew_at_ ABSL_GUARDED_BY(mu_);
  absl::Duration expires_at_ ABSL_GUARDED_BY(mu_);
  bool asking_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<Done> waiting_ ABSL_GUARDED_BY(mu_);
  // How far the endpoint's clock is ahead of ours.
  absl::Duration ahead_ ABSL_GUARDED_BY(mu_);

  const std::unique_ptr<http::Client> client_;
};

}  // namespace segrid::receivers::segment
