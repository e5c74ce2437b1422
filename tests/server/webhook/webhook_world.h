// A webhook with everything around it: a real listener in front, a pipeline
// with the memory queue behind, fake time.

#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/pool/thread_pool.h"
#include "server/http/listener.h"
#include "server/webhook/signature_check.h"
#include "server/webhook/unknown_path.h"
#include "server/webhook/webhook.h"
#include "spdlog/sinks/ostream_sink.h"
#include "tests/core/crypto/p256_signer.h"
#include "tests/core/pipeline/pipeline_world.h"
#include "tests/server/http/raw_client.h"

namespace segrid::webhook {

inline constexpr std::int64_t kMaxBodyBytes = 100'000;

using FetchedKeysOf =
    std::function<std::shared_ptr<jwt::FetchedKeys>(const config::Jwt&)>;

// Sources `first` and `second`. Each webhook is at its own path; the first of
// them is the default, too.
class WebhookWorld {
 public:
  explicit WebhookWorld(std::vector<config::Webhook> webhooks,
                        queue::memory::MemoryOptions queue_options = {},
                        std::vector<std::string> allowed_hosts = {},
                        FetchedKeysOf fetched_keys = {})
      : world_({pipeline::Named("first"), pipeline::Named("second")},
               queue_options) {
    httpd::Router router;
    std::vector<std::string> names;
    for (const config::Webhook& options : webhooks) {
      auto made = Webhook::Create(
          options, kMaxBodyBytes,
          {world_.clock(), world_.pipeline(), log_,
           [this] { return accepting_.load(); }, allowed_hosts, fetched_keys});
      EXPECT_TRUE(made.ok()) << made.status();
      webhooks_.push_back(*std::move(made));
      webhooks_.back()->AddRoutes(router, webhooks_.size() == 1);
      names.push_back(webhooks_.back()->name());
    }
    AddUnknownPath(router, names);
    httpd::Options http;
    http.listen = {"127.0.0.1:0"};
    auto listener = httpd::Listener::Start(
        std::move(http), std::move(router),
        {pool_->io(), clock_, [this](const httpd::Answer& answer) {
           absl::MutexLock lock(&mu_);
           refusals_.push_back(answer.refusal);
         }});
    EXPECT_TRUE(listener.ok()) << listener.status();
    listener_ = *std::move(listener);
  }
  ~WebhookWorld() { pool_->Stop(); }

  Webhook& webhook(std::size_t i = 0) { return *webhooks_.at(i); }
  pipeline::World& world() { return world_; }
  int port() const { return listener_->port(); }
  std::int64_t Count(Outcome outcome) {
    return webhook().counts().Get(outcome);
  }
  void StopAccepting() { accepting_ = false; }
  std::int64_t Queued(std::string_view source) {
    return world_.Lane(source).accepted;
  }
  std::string LogText() const { return log_text_.str(); }
  // The listener was told these of requests that were refused.
  std::vector<httpd::Refused> refusals() {
    absl::MutexLock lock(&mu_);
    return refusals_;
  }

  // One request over a connection of its own.
  testing::RawAnswer Post(std::string_view body, std::string_view headers = "",
                          std::string_view path = "/v1/webhook") {
    const auto answer =
        testing::RawClient(port()).Ask(testing::PostText(path, body, headers));
    return answer.value_or(testing::RawAnswer());
  }

 private:
  pipeline::World world_;
  std::ostringstream log_text_;
  base::SystemClock clock_;
  logging::Log log_{
      {.level = logging::Level::kDebug, .limit = {.max_lines = 100'000}},
      clock_,
      std::make_shared<spdlog::sinks::ostream_sink_mt>(log_text_)};
  std::atomic<bool> accepting_ = true;
  absl::Mutex mu_;
  std::vector<httpd::Refused> refusals_ ABSL_GUARDED_BY(mu_);
  std::vector<std::shared_ptr<Webhook>> webhooks_;
  std::unique_ptr<pool::ThreadPool> pool_ = *pool::ThreadPool::Create(2);
  std::unique_ptr<httpd::Listener> listener_;
};

// A webhook that takes signatures of `signers`.
inline config::Webhook SignedBy(
    const std::vector<const testing::P256Signer*>& signers) {
  config::Webhook options;
  for (const auto* signer : signers) {
    options.public_keys.push_back(signer->PublicKey());
  }
  return options;
}

// The two header lines.
inline std::string SignatureHeaders(std::string_view signature_base64,
                                    std::string_view timestamp) {
  const auto view = [](std::string_view text) {
    return absl::string_view(text.data(), text.size());
  };
  return absl::StrCat(view(kSignatureHeader), ": ", view(signature_base64),
                      "\r\n", view(kTimestampHeader), ": ", view(timestamp),
                      "\r\n");
}

// Those of a body that `signer` signs; 2026-01-01, where fake time starts.
inline std::string Signed(const testing::P256Signer& signer,
                          std::string_view body,
                          std::string_view timestamp = "1767225600") {
  std::string message(timestamp);
  message.append(body);
  return SignatureHeaders(testing::ToBase64(signer.Sign(message)), timestamp);
}

}  // namespace segrid::webhook
