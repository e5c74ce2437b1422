// A server whose configuration file is cut, at every byte, while it reloads.

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "core/base/clock.h"
#include "gtest/gtest.h"
#include "server/app/reloader.h"
#include "tests/server/http/raw_client.h"
#include "tests/server/testing/running_server.h"

namespace segrid::app {
namespace {

namespace api = ::segrid::v1;
using testing::OpenEvents;
using testing::PostText;
using testing::RawClient;
using testing::ReasonOf;
using testing::RunningServer;

// What callers must bring stands in the beginning, in the middle and at the
// end, so that every cut takes some of it away. The hash is that of "hello".
constexpr char kFile[] = R"(# A comment that is first.
http:
  listen: ["127.0.0.1:0"]
webhooks:
  - name: default
    public_keys:
      - "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="
    replay_window: 10m
    sources: [first]
  - name: partner
    bearer_sha256:
      - 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824
    sources:
      - second
sources:
  - {name: first, write_key: one}
  - {name: second, write_key: two}
admin:
  listen: ["127.0.0.1:0"]
drain: {grace: 5s}
grpc:
  listen:
    - "127.0.0.1:0"
  tokens:
    - sha256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824
      roles: [admin, forward, transform]
)";

class ReloadTruncations : public ::testing::Test {
 protected:
  ReloadTruncations() {
    line_.config_file = dir_.Write("config.yaml", kFile);
    settings_.config = *LoadSettings(line_, settings_.files);
    settings_.file = line_.config_file;
    server_ = std::make_unique<RunningServer>(settings_.config);
    reloader_ = std::make_unique<Reloader>(
        ReloaderDeps{line_, server_->application(), log_, supervisor_,
                     requests_, settings_, absl::ZeroDuration()});
  }

  absl::Status Reload(const std::string& text) {
    dir_.Write("config.yaml", text);
    absl::Notification done;
    absl::Status status;
    requests_.Ask({{}, [&](const absl::StatusOr<ReloadResult>& result) {
                     status = result.status();
                     done.Notify();
                   }});
    done.WaitForNotification();
    return status;
  }

  // The status of a webhook's post that brings nothing.
  int Post(const std::string& path) {
    RawClient client(server_->application().listeners().http()->port());
    const auto response = client.Ask(PostText(path, OpenEvents(1)));
    return response.has_value() ? response->status : 0;
  }

  // The reason that a call without a token gets.
  std::string Call() {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(10)));
    api::GetStatusResponse response;
    return ReasonOf(server_->admin().GetStatus(&context, {}, &response));
  }

  const tests::ScratchDir dir_;
  base::SystemClock clock_;
  logging::Log log_{{.level = logging::Level::kError}, clock_};
  const Supervisor supervisor_{"", absl::ZeroDuration()};
  CommandLine line_;
  Settings settings_;
  ReloadRequests requests_;
  std::unique_ptr<RunningServer> server_;
  std::unique_ptr<Reloader> reloader_;
};

// SEGRID_TRUNCATIONS: how many cuts; as many as the file has bytes, or more,
// for every one.
TEST_F(ReloadTruncations, NeverAnswerWhatTheWholeFileRefuses) {
  const std::string whole = kFile;
  const char* const wanted = std::getenv("SEGRID_TRUNCATIONS");
  const std::size_t count = std::min<std::size_t>(
      wanted == nullptr ? 25 : std::strtoul(wanted, nullptr, 10), whole.size());
  std::size_t refused = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t size = i * whole.size() / count;
    if (!Reload(whole.substr(0, size)).ok()) ++refused;
    EXPECT_EQ(Post("/v1/webhook"), 401) << size;
    EXPECT_EQ(Post("/v1/webhook/partner"), 401) << size;
    EXPECT_EQ(Call(), "TOKEN_MISSING") << size;
  }
  std::printf("%zu cuts, %zu refused\n", count, refused);
  // One lacks the last line break only.
  EXPECT_GE(refused + 1, count);
  EXPECT_EQ(Reload(whole + "logging: {level: error}\n"), absl::OkStatus());
}

}  // namespace
}  // namespace segrid::app
