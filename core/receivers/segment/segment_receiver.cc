#include "core/receivers/segment/segment_receiver.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/error_info.h"
#include "core/base/status_macros.h"
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

}  // namespace

absl::StatusOr<std::unique_ptr<SegmentReceiver>> SegmentReceiver::Create(
    const SegmentOptions& options, const boost::asio::any_io_executor& io,
    base::Clock& clock) {
  SEGRID_ASSIGN_OR_RETURN(const std::string base_url, BaseUrl(options));
  http::ClientOptions client{
      .proxy_auth = options.proxy_auth,
      .connect_timeout = options.connect_timeout,
      .request_timeout = options.request_timeout,
      .ends_connection = &WantsFreshConnection,
      .limits = {.body_bytes = options.variant->max_answer_bytes}};
  SEGRID_ASSIGN_OR_RETURN(client.endpoint,
                          http::ParseEndpoint(base_url, options.allow_http));
  if (client.endpoint.tls) {
    SEGRID_ASSIGN_OR_RETURN(client.tls, tls::MakeClientContext(options.tls));
  }
  if (!options.proxy.empty()) {
    SEGRID_ASSIGN_OR_RETURN(client.proxy, http::ParseProxy(options.proxy));
  }
  client.endpoint.path = BatchPath(client.endpoint.path);
  BatchRequest request{.path = client.endpoint.path,
                       .write_key = options.write_key,
                       .gzip = options.gzip};
  std::string url = client.endpoint.url();
  std::unique_ptr<SegmentReceiver> receiver(new SegmentReceiver(
      *options.variant, std::move(request), std::move(url), clock));
  receiver->client_ =
      std::make_unique<http::BeastClient>(std::move(client), io, clock);
  return receiver;
}

SegmentReceiver::SegmentReceiver(const Variant& variant, BatchRequest request,
                                 std::string url, base::Clock& clock)
    : variant_(variant),
      request_(std::move(request)),
      url_(std::move(url)),
      clock_(clock) {}

void SegmentReceiver::Send(Batch batch, Done done) {
  absl::StatusOr<http::Request> request = request_.Make(batch, clock_.Now());
  if (!request.ok()) return done(DecideFailure(request.status()));
  const bool named = variant_.success == Success::kOkAndErrors;
  client_->Send(
      *std::move(request),
      [this, done = std::move(done), compressed = request_.gzip && !batch.plain,
       ids = named ? std::move(batch.ids) : decltype(batch.ids)()](
          const absl::StatusOr<http::Response>& response) {
        SendResult result = Read(response, ids);
        result.plain_may_pass =
            compressed && response.ok() && MayBeCompression(response->status);
        done(std::move(result));
      });
}

SendResult SegmentReceiver::Read(
    const absl::StatusOr<http::Response>& response,
    const std::vector<std::string_view>& ids) const {
  if (!response.ok()) return DecideFailure(response.status());
  // Also in what a receiver repeats: masked before it is cut.
  const std::string body = request_.Mask(response->body);
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
