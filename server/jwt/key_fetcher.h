// Fetches an issuer's keys from its URL.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/http/client.h"
#include "core/pool/thread_pool.h"
#include "server/jwt/fetched_keys.h"

namespace segrid::jwt {

// Fetches at once, in every interval, and when a token names a key that is not
// known: so a key that the issuer puts in use is taken soon. What fails leaves
// the keys as they are, and is tried again soon.
//
// Ownership:     owns its threads; shares the keys.
// Thread safety: any thread.
// Blocking:      the destructor, for a fetch that runs: at most its time-outs.
class KeyFetcher {
 public:
  // `url` is valid, see config::Jwt. `on_failure` hears what went wrong, in a
  // thread of the fetcher.
  // INVALID_ARGUMENT/BAD_ENDPOINT, FAILED_PRECONDITION/TLS_UNAVAILABLE: see
  // http::ParseEndpoint and tls::MakeClientContext.
  static absl::StatusOr<std::unique_ptr<KeyFetcher>> Start(
      const std::string& url, absl::Duration interval, base::Clock& clock,
      std::function<void(const absl::Status&)> on_failure);
  ~KeyFetcher();
  KeyFetcher(const KeyFetcher&) = delete;
  KeyFetcher& operator=(const KeyFetcher&) = delete;

  const std::shared_ptr<FetchedKeys>& keys() const { return keys_; }

 private:
  KeyFetcher(absl::Duration interval,
             std::function<void(const absl::Status&)> on_failure)
      : interval_(interval), on_failure_(std::move(on_failure)) {}

  void Run();
  absl::Status Fetch();

  const absl::Duration interval_;
  const std::function<void(const absl::Status&)> on_failure_;
  const std::shared_ptr<FetchedKeys> keys_ = std::make_shared<FetchedKeys>();
  std::string target_;
  std::unique_ptr<pool::ThreadPool> io_;
  std::unique_ptr<http::Client> client_;
  std::thread thread_;  // Last: it uses the others.
};

}  // namespace segrid::jwt
