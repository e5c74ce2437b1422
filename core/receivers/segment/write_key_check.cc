#include "core/receivers/segment/write_key_check.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/http/beast_client.h"

namespace segrid::receivers::segment {
namespace {

constexpr const char* kSettings = "https://cdn.segment.com";

}  // namespace

absl::StatusOr<std::unique_ptr<WriteKeyCheck>> WriteKeyCheck::Create(
    const WriteKeyCheckOptions& options, const boost::asio::any_io_executor& io,
    base::Clock& clock) {
  http::ClientOptions client{.connect_timeout = options.timeout,
                             .request_timeout = options.timeout};
  SEGRID_ASSIGN_OR_RETURN(
      client.endpoint,
      http::ParseEndpoint(
          options.endpoint.empty() ? kSettings : options.endpoint,
          options.allow_http));
  if (client.endpoint.tls) {
    SEGRID_ASSIGN_OR_RETURN(client.tls, tls::MakeClientContext(options.tls));
  }
  SEGRID_ASSIGN_OR_RETURN(http::ChosenProxy chosen,
                          http::ChooseProxy(client.endpoint, options.proxy));
  client.proxy = std::move(chosen.proxy);
  client.proxy_auth = std::move(chosen.auth);
  std::string target =
      absl::StrCat(client.endpoint.path, "/v1/projects/",
                   std::string(options.write_key.Reveal()), "/settings");
  return std::unique_ptr<WriteKeyCheck>(new WriteKeyCheck(
      std::make_unique<http::BeastClient>(std::move(client), io, clock),
      std::move(target)));
}

void WriteKeyCheck::Ask(std::function<void(WriteKeyAnswer)> done) {
  http::Request request;
  request.method = "GET";
  request.target = target_;
  request.headers = {{"Accept", "application/json"}, {"User-Agent", "segrid"}};
  client_->Send(
      std::move(request),
      [done = std::move(done)](const absl::StatusOr<http::Response>& answer) {
        constexpr int kOk = 200;
        constexpr int kNotFound = 404;
        const int status = answer.ok() ? answer->status : 0;
        done(status == kOk         ? WriteKeyAnswer::kKnown
             : status == kNotFound ? WriteKeyAnswer::kUnknown
                                   : WriteKeyAnswer::kNoAnswer);
      });
}

}  // namespace segrid::receivers::segment
