// Whether Segment knows a write key.

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "boost/asio/any_io_executor.hpp"
#include "core/base/clock.h"
#include "core/base/secret.h"
#include "core/http/client.h"
#include "core/http/proxy_choice.h"
#include "core/tls/client_context.h"

namespace segrid::receivers::segment {

// Segment answers events with a write key that it does not know with 200, and
// loses them. Its settings for web sites are the one place that can be asked
// without sending an event.
struct WriteKeyCheckOptions {
  base::Secret write_key{};
  std::string endpoint{};  // Empty: https://cdn.segment.com.
  bool allow_http = false;
  tls::ContextOptions tls{};
  http::ProxyOptions proxy{};
  absl::Duration timeout = absl::Seconds(5);
};

enum class WriteKeyAnswer {
  kKnown,     // 200.
  kUnknown,   // 404: a hint, because settings are published with a delay.
  kNoAnswer,  // Anything else says nothing.
};

// Asks once. Ownership: keeps a reference to the clock.
// Thread safety: none. Blocking: never; `done` runs once, in a thread of `io`.
class WriteKeyCheck {
 public:
  // INVALID_ARGUMENT: the endpoint or the proxy cannot be used.
  static absl::StatusOr<std::unique_ptr<WriteKeyCheck>> Create(
      const WriteKeyCheckOptions& options,
      const boost::asio::any_io_executor& io, base::Clock& clock);

  void Ask(std::function<void(WriteKeyAnswer)> done);

 private:
  WriteKeyCheck(std::unique_ptr<http::Client> client, std::string target)
      : client_(std::move(client)), target_(std::move(target)) {}

  const std::unique_ptr<http::Client> client_;
  const std::string target_;  // Has the key: never in a message.
};

}  // namespace segrid::receivers::segment
