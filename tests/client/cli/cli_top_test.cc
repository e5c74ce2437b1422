// `segrid top` against a scripted server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "segrid/v1/admin.grpc.pb.h"
#include "tests/client/cli/program.h"
#include "tests/client/cli/terminal.h"
#include "tests/client/fake_server.h"

namespace segrid {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;
using tests::Lines;
using tests::Ran;
using tests::RunSegrid;

// Shows a source whose counts grow by 20 in 2 s.
class GrowingAdmin final : public v1::AdminService::Service {
 public:
  std::int64_t interval_nanos = 0;

 private:
  grpc::Status WatchStatus(
      grpc::ServerContext* context, const v1::WatchStatusRequest* request,
      grpc::ServerWriter<v1::WatchStatusResponse>* writer) override {
    interval_nanos = request->interval().seconds() * 1'000'000'000 +
                     request->interval().nanos();
    v1::WatchStatusResponse answer;
    v1::ServerStatus& status = *answer.mutable_status();
    status.set_ready(true);
    v1::SourceStatus& source = *status.add_sources();
    source.set_name("prod");
    source.set_state(v1::SOURCE_STATE_RUNNING);
    for (int i = 0; i < 3 && !context->IsCancelled(); ++i) {
      status.mutable_status_time()->set_seconds(1'600'000'000 + 2 * i);
      source.set_accepted_count(100 + 20 * i);
      writer->Write(answer);
    }
    return grpc::Status(grpc::UNAVAILABLE, "stopping");
  }
};

class SegridTop : public ::testing::Test {
 protected:
  Ran Top(std::vector<std::string> more) {
    more.insert(more.begin(), {"top", "--server", server_.address()});
    return RunSegrid(more);
  }

  GrowingAdmin admin_;
  tests::FakeServer server_{admin_};
};

TEST_F(SegridTop, ShowsTheRatesBetweenTwoLooks) {
  const Ran ran = Top({"--count", "2", "--interval", "1500ms"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  const std::vector<std::string> lines = Lines(ran.out);
  ASSERT_THAT(lines, SizeIs(6));
  EXPECT_THAT(lines[2], HasSubstr("prod    RUNNING  -"));
  EXPECT_THAT(lines[5], HasSubstr("10.0/s"));
  EXPECT_EQ(admin_.interval_nanos, 1'500'000'000);
}

TEST_F(SegridTop, PrintsALineOfJsonPerLook) {
  const Ran ran = Top({"--count=2", "--json"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(Lines(ran.out), SizeIs(2));
  EXPECT_THAT(ran.out, HasSubstr("\"name\":\"prod\""));
}

// Colours are a matter of taste; a screen is there or not.
TEST_F(SegridTop, ClearsTheScreenOfATerminalAlsoWithoutColours) {
  const auto printed = [&](std::map<std::string, std::string> variables) {
    const tests::Terminal terminal;
    const Ran ran = RunSegrid(
        {"top", "--count", "1", "--server", server_.address()},
        {.output_file = terminal.path(), .variables = std::move(variables)});
    EXPECT_EQ(ran.code, 0) << ran.err;
    return terminal.Read();
  };
  EXPECT_THAT(printed({{"TERM", "xterm"}, {"NO_COLOR", "1"}}),
              StartsWith("\x1b[H\x1b[2Jsegrid-server"));
  EXPECT_THAT(printed({{"TERM", "dumb"}}), StartsWith("segrid-server"));
}

TEST_F(SegridTop, SaysWhyItEnded) {
  const Ran ran = Top({});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("UNAVAILABLE"));
  EXPECT_EQ(Top({"--interval", "1ms"}).code, 2);
}

}  // namespace
}  // namespace segrid
