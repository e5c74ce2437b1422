#include "server/rpc/tail.h"

#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "server/rpc/tail_redactor.h"
#include "tests/testing/fake_clock.h"

namespace segrid::rpc {
namespace {

// `count` Tracks of `source`, named by their numbers from `first` on.
queue::Chunk Tracks(const std::string& source, int count, int first = 0) {
  queue::Chunk chunk;
  std::string json;
  for (int i = first; i < first + count; ++i) {
    if (!json.empty()) json.push_back(',');
    const std::string track = "{\"messageId\":\"" + std::to_string(i) + "\"}";
    chunk.messages.push_back(
        {.offset = static_cast<std::uint32_t>(json.size()),
         .size_bytes = static_cast<std::uint32_t>(track.size())});
    json += track;
  }
  chunk.lane = source;
  chunk.json = queue::Bytes(json);
  return chunk;
}

TEST(Tail, ShowsEachTrackOnce) {
  testing::FakeClock clock;
  Tails tails(clock);
  EXPECT_FALSE(tails.is_watching());
  const auto tail = tails.Begin({});
  EXPECT_TRUE(tails.is_watching());
  tails.OnTracks("news", Tracks("news", 3));
  TailView view = tail->Take(2);
  ASSERT_EQ(view.tracks.size(), 2u);
  EXPECT_EQ(view.tracks[1].source, "news");
  EXPECT_EQ(view.tracks[1].json, R"({"messageId":"1"})");
  EXPECT_EQ(view.tracks[1].time, clock.Now());
  EXPECT_EQ(tail->Take(100).tracks.size(), 1u);
  EXPECT_EQ(tail->Take(100).seen, 3);
  tails.End(tail);
  EXPECT_FALSE(tails.is_watching());
  tails.OnTracks("news", Tracks("news", 3));
  EXPECT_EQ(tail->Take(100).seen, 3);
}

TEST(Tail, ShowsTheSourcesThatWereNamed) {
  Tail tail({.sources = {"news"}});
  tail.Offer("other", Tracks("other", 3), absl::Now());
  tail.Offer("news", Tracks("news", 2), absl::Now());
  const TailView view = tail.Take(100);
  EXPECT_EQ(view.seen, 2);
  EXPECT_EQ(view.tracks.size(), 2u);
}

TEST(Tail, ShowsEveryNthOfASample) {
  Tail tail({.sample_ratio = 0.25});
  for (int i = 0; i < 100; ++i)
    tail.Offer("news", Tracks("news", 1, i), absl::Now());
  const TailView view = tail.Take(100);
  EXPECT_EQ(view.seen, 100);
  ASSERT_EQ(view.tracks.size(), 25u);
  EXPECT_EQ(view.tracks[24].json, R"({"messageId":"99"})");
  EXPECT_EQ(view.dropped, 0);
}

TEST(Tail, DropsAndCountsWhatFindsNoRoom) {
  Tail by_count({.max_tracks = 10});
  by_count.Offer("news", Tracks("news", 15), absl::Now());
  EXPECT_EQ(by_count.Take(100).tracks.size(), 10u);
  by_count.Offer("news", Tracks("news", 1), absl::Now());
  TailView view = by_count.Take(100);
  EXPECT_EQ(view.tracks.size(), 1u);
  EXPECT_EQ(view.seen, 16);
  EXPECT_EQ(view.dropped, 5);

  Tail by_bytes({.max_bytes = 170});
  by_bytes.Offer("news", Tracks("news", 15),
                 absl::Now());  // 17 bytes the first ten.
  EXPECT_EQ(by_bytes.Take(100).tracks.size(), 10u);
}

TEST(Tails, AreBounded) {
  testing::FakeClock clock;
  Tails tails(clock);
  std::vector<std::shared_ptr<Tail>> all;
  for (std::size_t i = 0; i < Tails::kMaxTails; ++i) {
    all.push_back(tails.Begin({}));
    ASSERT_NE(all.back(), nullptr);
  }
  EXPECT_EQ(tails.Begin({}), nullptr);
  tails.End(all.front());
  EXPECT_NE(tails.Begin({}), nullptr);
}

constexpr char kTrack[] =
    R"({"type":"track","messageId":"m-1","anonymousId":"b5fc85e55755f9e0d030",)"
    R"("userId":"canary-user","event":"Email Link Clicked",)"
    R"("timestamp":"2020-06-09T18:19:12.000Z","properties":{)"
    R"("email_type":"Singlesend","email_subject":"Dear canary",)"
    R"("link_url":"https://example.com/canary?mail=canary",)"
    R"("categories":["news"],"test_phase":true,"unsubscribe_group_id":42,)"
    R"("canary_argument":"canary","reason":"canary"},)"
    R"("context":{"library":{"name":"segrid","version":"0.1.0"},)"
    R"("traits":{"email":"canary@example.com","ip":"203.0.113.9",)"
    R"("user_agent":"canary"},"ip":"203.0.113.9","userAgent":"canary"}})";

TEST(TailRedactor, KeepsWhatIsNotPersonal) {
  const ::segrid::v1::Track track = TailRedactor("seed").Redact(kTrack);
  EXPECT_EQ(track.message_id(), "m-1");
  EXPECT_EQ(track.event(), "Email Link Clicked");
  EXPECT_EQ(track.timestamp().seconds(), 1591726752);
  EXPECT_EQ(track.properties().email_type(), "Singlesend");
  EXPECT_EQ(track.properties().link_url(), "https://example.com/***");
  EXPECT_EQ(track.properties().categories(0), "news");
  EXPECT_EQ(track.properties().unsubscribe_group_id(), 42);
  EXPECT_TRUE(track.properties().test_phase());
  EXPECT_EQ(track.context().traits().email(), "***");
}

TEST(TailRedactor, LeavesNothingPersonal) {
  const std::string seen =
      TailRedactor("seed").Redact(kTrack).SerializeAsString();
  for (const char* personal : {"canary", "203.0.113.9", "b5fc", "Dear"}) {
    EXPECT_EQ(seen.find(personal), std::string::npos) << personal;
  }
}

TEST(TailRedactor, TellsPersonsApartButNotWhoTheyAre) {
  const ::segrid::v1::Track track = TailRedactor("seed").Redact(kTrack);
  EXPECT_EQ(track.anonymous_id().size(), 8u);
  EXPECT_NE(track.anonymous_id(), track.user_id());
  EXPECT_EQ(TailRedactor("seed").Redact(kTrack).user_id(), track.user_id());
  EXPECT_NE(TailRedactor("other").Redact(kTrack).user_id(), track.user_id());
  EXPECT_NE(TailRedactor::WithRandomSeed().Redact(kTrack).user_id(),
            TailRedactor::WithRandomSeed().Redact(kTrack).user_id());
}

TEST(TailRedactor, KeepsOfALinkTheHostOnly) {
  const TailRedactor redactor("seed");
  const auto link = [&](const std::string& url) {
    return redactor.Redact("{\"properties\":{\"link_url\":\"" + url + "\"}}")
        .properties()
        .link_url();
  };
  EXPECT_EQ(link("https://example.com"), "https://example.com");
  EXPECT_EQ(link("https://example.com?m=ada"), "https://example.com/***");
  EXPECT_EQ(link("https://ada@example.com/"), "***");
  EXPECT_EQ(link("mailto:ada@example.com"), "***");
  EXPECT_EQ(link(""), "");
}

TEST(TailRedactor, ShowsNothingOfWhatItCannotRead) {
  EXPECT_EQ(TailRedactor("seed").Redact("{canary").ByteSizeLong(), 0u);
}

}  // namespace
}  // namespace segrid::rpc
