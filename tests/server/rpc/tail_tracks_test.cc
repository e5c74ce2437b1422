#include <chrono>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/server/testing/running_server.h"

namespace segrid::rpc {
namespace {

namespace api = ::segrid::v1;
using testing::OpenEvents;
using testing::ReasonOf;
using testing::RunningServer;

class TailTracksTest : public ::testing::Test {
 protected:
  using Stream = std::unique_ptr<grpc::ClientReader<api::TailTracksResponse>>;

  // A tail that has begun.
  Stream Begin(grpc::ClientContext& context,
               const api::TailTracksRequest& request = {}) {
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::seconds(20));
    Stream stream = server_.admin().TailTracks(&context, request);
    api::TailTracksResponse begun;
    EXPECT_TRUE(stream->Read(&begun));
    EXPECT_EQ(begun.tracks_size(), 0);
    return stream;
  }

  void Forward(int events, int first_id = 0) {
    api::ForwardRequest request;
    request.set_webhook_json(OpenEvents(events, first_id));
    grpc::ClientContext context;
    api::ForwardResponse response;
    ASSERT_TRUE(server_.bridge().Forward(&context, request, &response).ok());
  }

  // Reads until so many Tracks have come.
  std::vector<api::TailedTrack> Read(Stream& stream, std::size_t count) {
    std::vector<api::TailedTrack> tracks;
    while (tracks.size() < count && stream->Read(&last_)) {
      EXPECT_LE(last_.tracks_size(), 100);
      for (const auto& track : last_.tracks()) tracks.push_back(track);
    }
    return tracks;
  }

  RunningServer server_;
  api::TailTracksResponse last_;
};

TEST_F(TailTracksTest, ShowsWhatPassesWithoutWhatIsPersonal) {
  grpc::ClientContext context;
  Stream stream = Begin(context);
  Forward(250);
  const auto tracks = Read(stream, 500);  // Two sources.
  ASSERT_EQ(tracks.size(), 500u);
  EXPECT_EQ(last_.seen_count(), 500);
  EXPECT_EQ(last_.dropped_count(), 0);
  EXPECT_EQ(tracks[0].source(), "first");
  EXPECT_EQ(tracks[0].track().event(), "Email Opened");
  EXPECT_EQ(tracks[0].track().message_id(), "event-0-a793");
  EXPECT_GT(tracks[0].pass_time().seconds(), 1'700'000'000);
  for (const api::TailedTrack& track : tracks) {
    EXPECT_EQ(track.SerializeAsString().find('@'), std::string::npos);
    EXPECT_EQ(track.track().context().traits().email(), "***");
    EXPECT_EQ(track.track().anonymous_id().size(), 8u);
  }
  context.TryCancel();
  while (stream->Read(&last_)) {
  }
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(TailTracksTest, ShowsASampleOfASource) {
  api::TailTracksRequest request;
  request.add_sources(std::string("second"));
  request.set_sample_ratio(0.1);
  grpc::ClientContext context;
  Stream stream = Begin(context, request);
  Forward(100);
  const auto tracks = Read(stream, 10);
  ASSERT_EQ(tracks.size(), 10u);
  EXPECT_EQ(tracks[9].source(), "second");
  EXPECT_EQ(last_.seen_count(), 100);
}

TEST_F(TailTracksTest, CountsWhatItDrops) {
  grpc::ClientContext context;
  Stream stream = Begin(context);
  Forward(5'000);  // 10,000 Tracks at once; 1,000 find room.
  std::int64_t shown = 0;
  while (shown + last_.dropped_count() < 10'000 && stream->Read(&last_)) {
    shown += last_.tracks_size();
  }
  EXPECT_EQ(last_.seen_count(), 10'000);
  EXPECT_GE(shown, 1'000);
  EXPECT_LT(shown, 3'000);
  EXPECT_EQ(shown + last_.dropped_count(), 10'000);
}

TEST_F(TailTracksTest, RefusesWhatItCannotDo) {
  const auto reason = [this](const api::TailTracksRequest& request) {
    grpc::ClientContext context;
    auto stream = server_.admin().TailTracks(&context, request);
    EXPECT_FALSE(stream->Read(&last_));
    return ReasonOf(stream->Finish());
  };
  api::TailTracksRequest request;
  for (const double ratio : {-0.1, 1.1, std::nan("")}) {
    request.set_sample_ratio(ratio);
    EXPECT_EQ(reason(request), "BAD_SAMPLE");
  }
  request.clear_sample_ratio();
  request.add_sources(std::string("nobody"));
  EXPECT_EQ(reason(request), "UNKNOWN_SOURCE");

  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<Stream> streams;
  for (int i = 0; i < 8; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    streams.push_back(Begin(*contexts.back()));
  }
  EXPECT_EQ(reason({}), "TOO_MANY_TAILS");
  for (const auto& context : contexts) context->TryCancel();
}

TEST_F(TailTracksTest, EndsWithTheServer) {
  grpc::ClientContext context;
  Stream stream = Begin(context);
  server_.application().RequestStop();
  server_.application().Drain([] { FAIL() << "stuck"; });
  EXPECT_FALSE(stream->Read(&last_));
  EXPECT_EQ(ReasonOf(stream->Finish()), "DRAINING");
}

}  // namespace
}  // namespace segrid::rpc
