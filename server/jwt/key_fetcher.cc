#include "server/jwt/key_fetcher.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "core/base/error_info.h"
#include "core/base/status_macros.h"
#include "core/base/thread_name.h"
#include "core/http/beast_client.h"
#include "core/http/endpoint.h"
#include "core/tls/client_context.h"

namespace segrid::jwt {
namespace {

// After a fetch that failed.
constexpr absl::Duration kRetry = absl::Seconds(15);
constexpr std::uint64_t kMaxBytes = 1 << 20;

}  // namespace

absl::StatusOr<std::unique_ptr<KeyFetcher>> KeyFetcher::Start(
    const std::string& url, absl::Duration interval, base::Clock& clock,
    std::function<void(const absl::Status&)> on_failure) {
  http::ClientOptions options{.limits = {.body_bytes = kMaxBytes}};
  SEGRID_ASSIGN_OR_RETURN(options.endpoint,
                          http::ParseEndpoint(url, /*allow_http=*/true));
  if (options.endpoint.tls) {
    SEGRID_ASSIGN_OR_RETURN(options.tls, tls::MakeClientContext({}));
  }
  std::unique_ptr<KeyFetcher> fetcher(
      new KeyFetcher(interval, std::move(on_failure)));
  fetcher->target_ =
      options.endpoint.path.empty() ? "/" : options.endpoint.path;
  SEGRID_ASSIGN_OR_RETURN(fetcher->io_, pool::ThreadPool::Create(1, "jwks io"));
  fetcher->client_ = std::make_unique<http::BeastClient>(
      std::move(options), fetcher->io_->io(), clock);
  fetcher->thread_ = std::thread([self = fetcher.get()] { self->Run(); });
  return fetcher;
}

KeyFetcher::~KeyFetcher() {
  keys_->Stop();
  if (thread_.joinable()) thread_.join();
  io_->Stop();
}

void KeyFetcher::Run() {
  base::NameThread("jwks");
  absl::Duration wait = absl::ZeroDuration();
  while (keys_->WaitUntilWanted(wait)) {
    keys_->BeginFetch();
    const absl::Status status = Fetch();
    if (!status.ok()) on_failure_(status);
    wait = status.ok() ? interval_ : std::min(interval_, kRetry);
  }
}

absl::Status KeyFetcher::Fetch() {
  struct Answer {
    absl::Notification done;
    absl::StatusOr<http::Response> response;
  };
  const auto answer = std::make_shared<Answer>();
  client_->Send({.method = "GET",
                 .target = target_,
                 .headers = {{"Accept", "application/json"}}},
                [answer](absl::StatusOr<http::Response> response) {
                  answer->response = std::move(response);
                  answer->done.Notify();
                });
  answer->done.WaitForNotification();  // The client has time-outs.
  SEGRID_RETURN_IF_ERROR(answer->response.status());
  if (answer->response->status != 200) {
    return base::MakeError(
        absl::StatusCode::kUnavailable, "BAD_JWKS",
        absl::StrCat("the answer is HTTP ", answer->response->status));
  }
  SEGRID_ASSIGN_OR_RETURN(std::shared_ptr<const KeySet> keys,
                          KeySet::FromJwks(answer->response->body));
  keys_->Set(std::move(keys));
  return absl::OkStatus();
}

}  // namespace segrid::jwt
