// Delivers to Segment, to those that speak its API, and to any endpoint that
// takes Tracks over HTTP.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "boost/asio/any_io_executor.hpp"
#include "core/base/clock.h"
#include "core/base/secret.h"
#include "core/http/client.h"
#include "core/http/proxy_choice.h"
#include "core/receivers/receiver.h"
#include "core/receivers/segment/access_token.h"
#include "core/receivers/segment/batch_request.h"
#include "core/receivers/segment/variant.h"
#include "core/tls/client_context.h"

namespace segrid::receivers::segment {

// Segment's OAuth 2.0: see AccessToken.
struct OAuthOptions {
  std::string client_id{};  // Empty: Basic authentication.
  std::string key_id{};
  base::Secret key{};            // PEM.
  std::string token_endpoint{};  // A base URL, instead of the region's.
};

struct SegmentOptions {
  const Variant* variant = FindVariant("segment");
  std::string region = "us";  // us | eu.
  std::string endpoint{};     // A base URL, instead of the region.
  base::Secret write_key{};
  bool gzip = true;
  tls::ContextOptions tls{};
  bool allow_http = false;     // Endpoints without TLS.
  http::ProxyOptions proxy{};  // Also for the token endpoint.
  OAuthOptions oauth{};
  // Variant `http`.
  Form form = Form::kBatch;
  std::vector<std::pair<std::string, base::Secret>> headers{};
  base::Secret signing_secret{};   // For Standard Webhooks. Empty: unsigned.
  std::optional<Limits> limits{};  // nullopt: the variant's.
  absl::Duration connect_timeout = absl::Seconds(5);
  absl::Duration request_timeout = absl::Seconds(15);
};

// Where batches are posted to, with the whole path.
// INVALID_ARGUMENT/BAD_ENDPOINT: see http::ParseEndpoint().
// INVALID_ARGUMENT/BAD_REGION:   the variant has no such region.
absl::StatusOr<http::Endpoint> PostedTo(const SegmentOptions& options);

// Posts batches and reads the answers by the table in response.cc.
//
// Ownership:     owns its client; keeps a reference to the clock.
// Thread safety, blocking: as Receiver; Send compresses in the caller's thread.
// Errors:        as Receiver.
class SegmentReceiver final : public Receiver {
 public:
  // INVALID_ARGUMENT/BAD_PROXY:    see http::ChooseProxy().
  // INVALID_ARGUMENT/BAD_RSA_KEY:  see crypto::Rs256Key.
  // INVALID_ARGUMENT/BAD_SECRET:   signing_secret is none.
  // Besides, the errors of PostedTo() and tls::MakeClientContext().
  static absl::StatusOr<std::unique_ptr<SegmentReceiver>> Create(
      const SegmentOptions& options, const boost::asio::any_io_executor& io,
      base::Clock& clock);

  void Send(Batch batch, Done done) override;
  Limits limits() const override { return limits_; }
  std::string endpoint() const override { return url_; }

 private:
  SegmentReceiver(const SegmentOptions& options, BatchRequest request,
                  std::string url, base::Clock& clock);

  // Gets a token and posts with it; a refused one is replaced `once`.
  void SendWithToken(Batch batch, Done done, bool once);
  // `token` is empty without OAuth. The status is 0 without an answer.
  using Posted = std::function<void(int status, SendResult result)>;
  void Post(const Batch& batch, const base::Secret& token, Posted done);
  // Decides what an answer, or its lack, asks for; `ids` are those of the
  // batch.
  SendResult Read(const absl::StatusOr<http::Response>& response,
                  const std::vector<std::string_view>& ids,
                  const base::Secret& token) const;

  const Variant& variant_;  // Static storage.
  const Limits limits_;
  const BatchRequest request_;
  const std::string url_;
  base::Clock& clock_;
  std::unique_ptr<http::Client> client_;
  std::shared_ptr<AccessToken> access_token_;  // Null: without OAuth.
};

}  // namespace segrid::receivers::segment
