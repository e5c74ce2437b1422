// Delivers to Segment, and to those that speak its API.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "boost/asio/any_io_executor.hpp"
#include "core/base/clock.h"
#include "core/base/secret.h"
#include "core/http/client.h"
#include "core/receivers/receiver.h"
#include "core/receivers/segment/batch_request.h"
#include "core/receivers/segment/variant.h"
#include "core/tls/client_context.h"

namespace segrid::receivers::segment {

struct SegmentOptions {
  const Variant* variant = FindVariant("segment");
  std::string region = "us";  // us | eu.
  std::string endpoint{};     // A base URL, instead of the region.
  base::Secret write_key{};
  bool gzip = true;
  tls::ClientOptions tls{};
  bool allow_http = false;  // Loopback endpoints only.
  std::string proxy{};      // http://host:port. Empty: none.
  base::Secret proxy_auth{};
  absl::Duration connect_timeout = absl::Seconds(5);
  absl::Duration request_timeout = absl::Seconds(15);
};

// Posts batches and reads the answers by the table in response.cc.
//
// Ownership:     owns its client; keeps a reference to the clock.
// Thread safety, blocking: as Receiver; Send compresses in the caller's thread.
// Errors:        as Receiver.
class SegmentReceiver final : public Receiver {
 public:
  // INVALID_ARGUMENT/BAD_ENDPOINT: see http::ParseEndpoint().
  // INVALID_ARGUMENT/BAD_PROXY:    see http::ParseProxy().
  // INVALID_ARGUMENT/BAD_REGION:   the variant has no such region.
  // Besides, the errors of tls::MakeClientContext().
  static absl::StatusOr<std::unique_ptr<SegmentReceiver>> Create(
      const SegmentOptions& options, const boost::asio::any_io_executor& io,
      base::Clock& clock);

  void Send(Batch batch, Done done) override;
  Limits limits() const override { return variant_.limits; }
  std::string endpoint() const override { return url_; }

 private:
  SegmentReceiver(const Variant& variant, BatchRequest request, std::string url,
                  base::Clock& clock);

  // What an answer, or its lack, asks for; `ids` are those of the batch.
  SendResult Read(const absl::StatusOr<http::Response>& response,
                  const std::vector<std::string_view>& ids) const;

  const Variant& variant_;  // Static storage.
  const BatchRequest request_;
  const std::string url_;
  base::Clock& clock_;
  std::unique_ptr<http::Client> client_;
};

}  // namespace segrid::receivers::segment
