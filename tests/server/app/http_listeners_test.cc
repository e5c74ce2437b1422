// What the HTTP listeners of the whole service let in, and where they listen.

#include "server/app/http_listeners.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/error_info.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/http/listen_socket.h"
#include "tests/client/scratch_dir.h"
#include "tests/server/http/raw_client.h"
#include "tests/server/testing/running_server.h"

namespace segrid::app {
namespace {

using testing::RawClient;
using testing::RunningServer;

std::string GetFor(const std::string& path, const std::string& host) {
  return absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: ", host, "\r\n\r\n");
}

TEST(AdminListener, AnswersNoOtherHosts) {
  config::Config config = RunningServer::DefaultConfig();
  config.admin.allowed_hosts = {"status.example.com"};
  RunningServer server(std::move(config));
  const int port = server.application().listeners().admin()->port();
  const auto status = [port](const std::string& path, const std::string& host) {
    return RawClient(port).Ask(GetFor(path, host))->status;
  };
  for (const char* page : {"/", "/status.json", "/metrics"}) {
    EXPECT_EQ(status(page, "evil.example"), 403) << page;
    for (const char* host : {"localhost:8081", "127.0.0.1", "[::1]:8081",
                             "10.0.0.7:8081", "status.example.com"}) {
      EXPECT_EQ(status(page, host), 200) << page << " " << host;
    }
  }
  // Orchestrators ask by whatever name.
  EXPECT_EQ(status("/livez", "evil.example"), 200);
  EXPECT_EQ(status("/readyz", "evil.example"), 200);
}

TEST(Webhooks, StayAsTheyWereWhenAReloadHasABadOne) {
  config::Config config = RunningServer::DefaultConfig();
  config.http.listen = {"127.0.0.1:0"};
  config.webhooks.resize(2);
  config.webhooks[0].name = std::string("good");
  config.webhooks[1].name = std::string("bad");
  RunningServer server(config);
  const int port = server.application().listeners().http()->port();
  config.webhooks[0].bearer_sha256 = {std::string(64, 'a')};
  config.webhooks[1].public_keys = {"no key"};
  EXPECT_FALSE(server.application().Reload(config).ok());
  for (const char* const name : {"good", "bad"}) {
    EXPECT_EQ(
        RawClient(port)
            .Ask(testing::PostText(absl::StrCat("/v1/webhook/", name), "[]"))
            ->status,
        200)
        << name;
  }
}

// A start with these addresses, of which the first is taken by somebody else.
absl::Status StartOn(const std::string& taken, bool is_default) {
  const tests::ScratchDir dir;
  base::SystemClock clock;
  logging::Log log({.level = logging::Level::kError}, clock);
  ApplicationOptions options;
  options.config.data_dir = dir.Path("data");
  options.config.grpc.listen = {"127.0.0.1:0"};
  options.config.http.listen = {taken};
  options.config.http.listen_is_default.value = is_default;
  options.config.admin.listen = {"127.0.0.1:0"};
  options.config.sources.resize(1);
  options.config.sources[0].name = std::string("a");
  options.make_sources = [](const config::Config&, pool::ThreadPool&) {
    return std::vector<deliver::Source>();
  };
  return Application::Start(std::move(options), log, clock).status();
}

TEST(HttpListener, MustHaveTheAddressThatIsAskedFor) {
  const std::string address = config::Http().listen.at(0);
  // Ours, or of whoever runs on this machine: it is taken.
  const auto taken = httpd::ListenSocket::Open(address);
  EXPECT_EQ(base::ReasonOf(StartOn(address, /*is_default=*/false)),
            "CANNOT_LISTEN");
  EXPECT_TRUE(StartOn(address, /*is_default=*/true).ok());
}

}  // namespace
}  // namespace segrid::app
