#include "core/receivers/segment/segment_receiver.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/error_info.h"
#include "core/base/status_macros.h"
#include "core/http/beast_client.h"
#include "core/receivers/segment/response.h"
#include "core/tls/client_context.h"

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
                   "' has no region '", options.region,
                   "'; give an endpoint, or one of us and eu"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<SegmentReceiver>> SegmentReceiver::Create(
    const SegmentOptions& options, const boost::asio::any_io_executor& io,
    base::Clock& clock) {
  SEGRID_ASSIGN_OR_RETURN(const std::string base_url, BaseUrl(options));
  http::ClientOptions client;
  SEGRID_ASSIGN_OR_RETURN(client.endpoint,
                          http::ParseEndpoint(base_url, options.allow_http));
  if (client.endpoint.tls) {
    SEGRID_ASSIGN_OR_RETURN(
        client.tls, tls::MakeClientContext({.ca_file = options.ca_file}));
  }
  client.endpoint.path = BatchPath(client.endpoint.path);
  BatchRequest request{.path = client.endpoint.path,
                       .write_key = options.write_key,
                       .gzip = options.gzip};
  std::string url = client.endpoint.url();
  std::unique_ptr<SegmentReceiver> receiver(new SegmentReceiver(
      std::move(request), std::move(url),
      std::make_unique<http::BeastClient>(std::move(client), io, clock),
      clock));
  receiver->limits_ = options.variant->limits;
  return receiver;
}

SegmentReceiver::SegmentReceiver(BatchRequest request, std::string url,
                                 std::unique_ptr<http::Client> client,
                                 base::Clock& clock)
    : request_(std::move(request)),
      url_(std::move(url)),
      client_(std::move(client)),
      clock_(clock) {}

void SegmentReceiver::Send(Batch batch, Done done) {
  absl::StatusOr<http::Request> request = request_.Make(batch, clock_.Now());
  if (!request.ok()) return done(DecideFailure(request.status()));
  client_->Send(*std::move(request),
                [&clock = clock_, done = std::move(done)](
                    absl::StatusOr<http::Response> response) {
                  if (!response.ok())
                    return done(DecideFailure(response.status()));
                  done(Decide({.status = response->status,
                               .retry_after = response->Header("Retry-After"),
                               .body = response->body},
                              clock.Now()));
                });
}

}  // namespace segrid::receivers::segment
