#include "bench/load/http_transport.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/load/http_lane.h"
#include "boost/asio/connect.hpp"
#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/post.hpp"
#include "core/base/clock.h"
#include "core/base/status_macros.h"
#include "core/http/beast_client.h"
#include "core/http/resolver.h"
#include "core/pool/thread_pool.h"
#include "core/tls/client_context.h"

namespace segrid::bench {
namespace {

using boost::asio::ip::tcp;

// A thread, and what it works with. Destroyed from the bottom up.
struct HttpThread {
  std::unique_ptr<pool::ThreadPool> pool;
  std::unique_ptr<http::BeastClient> client;
  std::unique_ptr<HttpLane> lane;
};

class HttpTransport final : public Transport {
 public:
  HttpTransport(const HttpTarget& target, const TransportOptions& options) {
    const std::int32_t count = std::min(options.threads, target.connections);
    for (std::int32_t i = 0; i < count; ++i) {
      // The first ones get what does not divide.
      const std::int32_t connections =
          target.connections / count + (i < target.connections % count ? 1 : 0);
      AddThread(target, options, connections);
    }
  }
  ~HttpTransport() override { Stop(); }

  void StartOn(std::uint64_t i, std::int64_t intended_ns) override {
    threads_[i % threads_.size()].lane->Start(intended_ns);
  }
  void Check(std::int64_t) override {}  // Each request has its time-out.
  void Stop() override {
    for (HttpThread& thread : threads_) {
      thread.client.reset();
      thread.pool->Stop();
    }
  }
  std::vector<std::unique_ptr<Recorder>>& recorders() override {
    return recorders_;
  }

 private:
  void AddThread(const HttpTarget& target, const TransportOptions& options,
                 std::int32_t connections) {
    recorders_.push_back(
        std::make_unique<Recorder>(options.window_start_ns, options.steps));
    HttpThread& thread = threads_.emplace_back();
    thread.pool = pool::ThreadPool::Create(1).value();
    http::ClientOptions client;
    client.endpoint = target.endpoint;
    client.tls = target.tls;
    client.connect_timeout = target.connect_timeout;
    client.request_timeout = target.timeout;
    client.max_concurrent_requests = connections;
    thread.client = std::make_unique<http::BeastClient>(
        std::move(client), thread.pool->io(), clock_);
    thread.lane =
        std::make_unique<HttpLane>(HttpLaneOptions{.path = target.endpoint.path,
                                                   .signer = target.signer,
                                                   .connections = connections},
                                   options.make_settings(*recorders_.back()),
                                   *thread.client, *thread.pool);
  }

  base::SystemClock clock_;
  std::vector<std::unique_ptr<Recorder>> recorders_;
  std::vector<HttpThread> threads_;
};

// Connects once and hangs up.
absl::Status Probe(const http::Endpoint& endpoint, absl::Duration patience) {
  boost::asio::io_context io;
  auto asking = boost::asio::make_work_guard(io);
  tcp::socket socket(io);
  std::string why = "no answer";
  bool connected = false;
  const auto on_connect = [&](const boost::system::error_code& refused,
                              const auto&) {
    connected = !refused;
    if (refused) why = refused.message();
  };
  const auto resolver = http::MakeSystemResolver();
  resolver->Resolve(endpoint.host, endpoint.port,
                    [&](const absl::StatusOr<http::Addresses>& found) {
                      boost::asio::post(io, [&, found] {
                        asking.reset();
                        if (found.ok()) {
                          boost::asio::async_connect(socket, *found,
                                                     on_connect);
                        } else {
                          why = std::string(found.status().message());
                        }
                      });
                    });
  io.run_for(absl::ToChronoMilliseconds(patience));
  resolver->Cancel();
  if (connected) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("no connection to ", endpoint.url(), " within ",
                   absl::FormatDuration(patience), " (", why,
                   "): is the server running there?"));
}

}  // namespace

absl::StatusOr<HttpTarget> OpenHttp(const RunOptions& options) {
  const std::size_t colon = options.target.address.rfind(':');
  HttpTarget target{.connections = options.connections,
                    .connect_timeout = options.connect_timeout,
                    .timeout = options.timeout};
  target.endpoint = {.tls = options.target.tls,
                     .host = options.target.address.substr(0, colon),
                     .port = options.target.address.substr(colon + 1),
                     .path = options.target.path};
  if (target.endpoint.host.starts_with('[')) {
    target.endpoint.host =
        target.endpoint.host.substr(1, target.endpoint.host.size() - 2);
  }
  if (options.target.tls) {
    const TlsFiles& files = options.target.files;
    SEGRID_ASSIGN_OR_RETURN(target.tls,
                            tls::MakeClientContext({.ca_file = files.ca,
                                                    .cert_file = files.cert,
                                                    .key_file = files.key}));
  }
  if (!options.sign_key.empty()) {
    SEGRID_ASSIGN_OR_RETURN(target.signer,
                            crypto::WebhookSigner::Load(options.sign_key));
  }
  SEGRID_RETURN_IF_ERROR(Probe(target.endpoint, options.connect_timeout));
  return target;
}

std::unique_ptr<Transport> MakeHttpTransport(const HttpTarget& target,
                                             const TransportOptions& options) {
  return std::make_unique<HttpTransport>(target, options);
}

absl::StatusOr<Target> ParseWebhookUrl(const std::string& url) {
  constexpr std::string_view kPlain = "http://";
  const bool is_plain = url.starts_with(kPlain);
  if (!is_plain && !url.starts_with("https://")) {
    return absl::InvalidArgumentError(
        "must be http://host[:port][/path], or the same with https://");
  }
  // A load is sent where the user says, also to plain HTTP elsewhere.
  const std::string checked =
      is_plain ? "https://" + url.substr(kPlain.size()) : url;
  SEGRID_ASSIGN_OR_RETURN(http::Endpoint endpoint,
                          http::ParseEndpoint(checked, /*allow_http=*/false));
  const std::string authority =
      checked.substr(0, checked.find('/', std::string_view("https://").size()));
  if (is_plain && !authority.ends_with(":443") && endpoint.port == "443") {
    endpoint.port = "80";
  }
  Target target;
  target.address = absl::StrCat(endpoint.bracketed_host(), ":", endpoint.port);
  target.path = endpoint.path.empty() ? "/" : endpoint.path;
  target.tls = !is_plain;
  return target;
}

}  // namespace segrid::bench
