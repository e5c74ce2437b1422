#include "core/receivers/segment/segment_receiver.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/base/error_info.h"
#include "core/base/status_macros.h"
#include "core/crypto/rs256_key.h"
#include "core/crypto/webhook_secret.h"
#include "core/http/beast_client.h"
#include "core/receivers/segment/partial_success.h"
#include "core/receivers/segment/response.h"

namespace segrid::receivers::segment {
namespace {

absl::StatusOr<std::string> BaseUrl(const SegmentOptions& options) {
  if (!options.endpoint.empty()) return options.endpoint;
  std::string_view url;
  if (options.region == "us") url = options.variant->us;
  if (options.region == "eu") url = options.variant->eu;
  if (!url.empty()) return std::string(url);
  return base::MakeError(
      absl::StatusCode::kInvalidArgument, "BAD_REGION",
      absl::StrCat("receiver '", std::string(options.variant->name),
                   "' has no address in region '", options.region,
                   "'; give an endpoint, or a region that it has"));
}

// The query of an exact URL with its '?', else "". It may hold a token, so it
// is sent and not part of what is shown.
std::string_view QueryOf(const SegmentOptions& options) {
  const std::string_view url = options.endpoint;
  const std::size_t at = url.find('?');
  const bool has_one =
      options.variant->is_exact_url && at != std::string_view::npos;
  return has_one ? url.substr(at) : std::string_view();
}

// How to get to `endpoint`.
absl::StatusOr<http::ClientOptions> WayTo(const http::Endpoint& endpoint,
                                          const SegmentOptions& options) {
  http::ClientOptions client{.endpoint = endpoint,
                             .connect_timeout = options.connect_timeout,
                             .request_timeout = options.request_timeout,
                             .ends_connection = &WantsFreshConnection};
  if (endpoint.tls) {
    SEGRID_ASSIGN_OR_RETURN(client.tls, tls::MakeClientContext(options.tls));
  }
  SEGRID_ASSIGN_OR_RETURN(http::ChosenProxy chosen,
                          http::ChooseProxy(endpoint, options.proxy));
  client.proxy = std::move(chosen.proxy);
  client.proxy_auth = std::move(chosen.auth);
  return client;
}

std::string_view TokenHost(const std::string& region) {
  return region == "eu" ? "https://oauth2.eu1.segmentapis.com"
                        : "https://oauth2.segment.io";
}

absl::StatusOr<std::shared_ptr<AccessToken>> MakeAccessToken(
    const SegmentOptions& options, const boost::asio::any_io_executor& io,
    base::Clock& clock) {
  const OAuthOptions& oauth = options.oauth;
  SEGRID_ASSIGN_OR_RETURN(crypto::Rs256Key key,
                          crypto::Rs256Key::Parse(oauth.key.Reveal()));
  SEGRID_ASSIGN_OR_RETURN(
      http::Endpoint endpoint,
      http::ParseEndpoint(oauth.token_endpoint.empty()
                              ? TokenHost(options.region)
                              : std::string_view(oauth.token_endpoint),
                          options.allow_http));
  absl::string_view path = endpoint.path;
  absl::ConsumeSuffix(&path, "/token");
  endpoint.path = std::string(path);
  SEGRID_ASSIGN_OR_RETURN(http::ClientOptions client, WayTo(endpoint, options));
  return std::make_shared<AccessToken>(
      AccessTokenOptions{.client_id = oauth.client_id,
                         .key_id = oauth.key_id,
                         .audience = endpoint.url(),
                         .target = absl::StrCat(endpoint.path, "/token")},
      std::move(key),
      std::make_unique<http::BeastClient>(std::move(client), io, clock), clock);
}

absl::StatusOr<BatchRequest> RequestFor(const SegmentOptions& options,
                                        const std::string& path) {
  BatchRequest request{.path = path,
                       .write_key = options.write_key,
                       .gzip = options.gzip,
                       .form = options.form,
                       .headers = options.headers};
  if (options.signing_secret.empty()) return request;
  const std::optional<std::string> key =
      crypto::ParseWebhookSecret(options.signing_secret.Reveal());
  if (!key.has_value()) {
    return base::MakeError(
        absl::StatusCode::kInvalidArgument, "BAD_SECRET",
        "signing_secret is no key of Standard Webhooks; it must be whsec_ and "
        "the base64 of 24 to 64 bytes");
  }
  request.signing_key = base::Secret(*key);
  return request;
}

}  // namespace

absl::StatusOr<http::Endpoint> PostedTo(const SegmentOptions& options) {
  SEGRID_ASSIGN_OR_RETURN(std::string base_url, BaseUrl(options));
  base_url.resize(base_url.size() - QueryOf(options).size());
  SEGRID_ASSIGN_OR_RETURN(http::Endpoint endpoint,
                          http::ParseEndpoint(base_url, options.allow_http));
  if (!options.variant->is_exact_url) {
    endpoint.path = BatchPath(endpoint.path);
  } else if (endpoint.path.empty() || base_url.ends_with('/')) {
    endpoint.path += '/';
  }
  return endpoint;
}

absl::StatusOr<std::unique_ptr<SegmentReceiver>> SegmentReceiver::Create(
    const SegmentOptions& options, const boost::asio::any_io_executor& io,
    base::Clock& clock) {
  SEGRID_ASSIGN_OR_RETURN(const http::Endpoint endpoint, PostedTo(options));
  SEGRID_ASSIGN_OR_RETURN(http::ClientOptions client, WayTo(endpoint, options));
  client.limits.body_bytes = options.variant->max_answer_bytes;
  SEGRID_ASSIGN_OR_RETURN(
      BatchRequest request,
      RequestFor(options, endpoint.path + std::string(QueryOf(options))));
  std::unique_ptr<SegmentReceiver> receiver(
      new SegmentReceiver(options, std::move(request), endpoint.url(), clock));
  receiver->client_ =
      std::make_unique<http::BeastClient>(std::move(client), io, clock);
  if (!options.oauth.client_id.empty()) {
    SEGRID_ASSIGN_OR_RETURN(receiver->access_token_,
                            MakeAccessToken(options, io, clock));
  }
  return receiver;
}

SegmentReceiver::SegmentReceiver(const SegmentOptions& options,
                                 BatchRequest request, std::string url,
                                 base::Clock& clock)
    : variant_(*options.variant),
      limits_(options.limits.value_or(options.variant->limits)),
      request_(std::move(request)),
      url_(std::move(url)),
      clock_(clock) {}

void SegmentReceiver::Send(Batch batch, Done done) {
  if (access_token_ == nullptr) {
    return Post(batch, base::Secret(),
                [done = std::move(done)](int, SendResult result) {
                  done(std::move(result));
                });
  }
  SendWithToken(std::move(batch), std::move(done), /*once=*/true);
}

void SegmentReceiver::SendWithToken(Batch batch, Done done, bool once) {
  access_token_->Get([this, batch = std::move(batch), done = std::move(done),
                      once](const AccessToken::Result& result) {
    if (result.failure.has_value()) return done(*result.failure);
    Post(batch, result.token,
         [this, batch, done, once, token = result.token](int status,
                                                         SendResult sent) {
           if (status != 401) return done(std::move(sent));
           // It was taken back, or another key signs now.
           access_token_->Forget(token);
           if (once) return SendWithToken(batch, done, /*once=*/false);
           sent.detail =
               "HTTP 401: a new token is refused, too; check oauth and whether "
               "the source has this app, then resume the source";
           done(std::move(sent));
         });
  });
}

void SegmentReceiver::Post(const Batch& batch, const base::Secret& token,
                           Posted done) {
  absl::StatusOr<http::Request> request =
      request_.Make(batch, clock_.Now(), token);
  if (!request.ok()) return done(0, DecideFailure(request.status()));
  const bool named = variant_.success == Success::kOkAndErrors;
  client_->Send(
      *std::move(request), [this, token, done = std::move(done),
                            compressed = request_.gzip && !batch.plain,
                            ids = named ? batch.ids : decltype(batch.ids)()](
                               const absl::StatusOr<http::Response>& response) {
        SendResult result = Read(response, ids, token);
        result.plain_may_pass =
            compressed && response.ok() && MayBeCompression(response->status);
        done(response.ok() ? response->status : 0, std::move(result));
      });
}

SendResult SegmentReceiver::Read(const absl::StatusOr<http::Response>& response,
                                 const std::vector<std::string_view>& ids,
                                 const base::Secret& token) const {
  if (!response.ok()) return DecideFailure(response.status());
  // Also in what a receiver repeats: masked before it is cut.
  const std::string body = request_.Mask(response->body, token);
  const Answer answer = {
      .status = response->status,
      .retry_after = response->Header("Retry-After"),
      .content_type = response->Header("Content-Type").value_or(""),
      .body = body};
  SendResult result = Decide(answer, clock_.Now(), variant_.web_pages);
  return result.verdict == Verdict::kDelivered &&
                 variant_.success == Success::kOkAndErrors
             ? DecidePartialSuccess(answer, ids)
             : result;
}

}  // namespace segrid::receivers::segment
