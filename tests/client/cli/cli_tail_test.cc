// `segrid tail` against a scripted server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "segrid/v1/admin.grpc.pb.h"
#include "tests/client/cli/program.h"
#include "tests/client/fake_server.h"

namespace segrid {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using tests::Lines;
using tests::Ran;
using tests::RunSegrid;

// Lets three Tracks pass and drops four.
class PassingAdmin final : public v1::AdminService::Service {
 public:
  v1::TailTracksRequest asked;

 private:
  grpc::Status TailTracks(
      grpc::ServerContext*, const v1::TailTracksRequest* request,
      grpc::ServerWriter<v1::TailTracksResponse>* writer) override {
    asked = *request;
    v1::TailTracksResponse answer;
    writer->Write(answer);  // It has begun.
    for (int i = 0; i < 3; ++i) {
      v1::TailedTrack& track = *answer.add_tracks();
      track.set_source("prod");
      track.mutable_pass_time()->set_seconds(1'600'000'000 + i);
      track.mutable_track()->set_event("Email Opened");
      track.mutable_track()->set_message_id("m-" + std::to_string(i));
      track.mutable_track()->set_anonymous_id("01234567");
      auto& properties = *track.mutable_track()->mutable_properties();
      properties.add_categories("news\x1b[31m");
      properties.add_categories("june");
      properties.set_test_phase(false);
    }
    answer.set_seen_count(7);
    answer.set_dropped_count(4);
    writer->Write(answer);
    return grpc::Status(grpc::UNAVAILABLE, "stopping");
  }
};

class SegridTail : public ::testing::Test {
 protected:
  Ran Tail(std::vector<std::string> more) {
    more.insert(more.begin(), {"tail", "--server", server_.address()});
    return RunSegrid(more);
  }

  PassingAdmin admin_;
  tests::FakeServer server_{admin_};
};

TEST_F(SegridTail, PrintsALinePerTrack) {
  const Ran ran = Tail({"--count", "3", "--source", "prod", "--sample", "0.5"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  const std::vector<std::string> lines = Lines(ran.out);
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_EQ(lines[2],
            "2020-09-13T12:26:42.000Z  prod  Email Opened  m-2  "
            "person=01234567 test_phase=false categories=news\\u001b[31m,june");
  EXPECT_THAT(ran.err, HasSubstr("4 Tracks were dropped"));
  EXPECT_THAT(ran.err, HasSubstr("seen=7 shown=3 dropped=4"));
  EXPECT_EQ(admin_.asked.sample_ratio(), 0.5);
  ASSERT_EQ(admin_.asked.sources_size(), 1);
  EXPECT_EQ(admin_.asked.sources(0), "prod");
}

TEST_F(SegridTail, PrintsALineOfJsonPerTrack) {
  const Ran ran = Tail({"--count=2", "--json"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(Lines(ran.out), SizeIs(2));
  EXPECT_THAT(ran.out, HasSubstr("\"message_id\":\"m-1\""));
}

TEST_F(SegridTail, SaysWhyItEnded) {
  const Ran ran = Tail({});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("UNAVAILABLE"));
  EXPECT_EQ(Tail({"--sample", "2"}).code, 2);
}

}  // namespace
}  // namespace segrid
