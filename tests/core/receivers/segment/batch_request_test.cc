#include "core/receivers/segment/batch_request.h"

#include <map>
#include <string>

#include "core/base/version.h"
#include "core/receivers/segment/variant.h"
#include "gtest/gtest.h"
#include "tests/testing/gunzip.h"

namespace segrid::receivers::segment {
namespace {

const absl::Time kNow =
    absl::FromUnixMillis(1591726752'007);  // 2020-06-09T18:19:12.007Z

std::map<std::string, std::string> HeadersOf(const http::Request& request) {
  return {request.headers.begin(), request.headers.end()};
}

TEST(BatchBody, JoinsTheTracksAndSaysWhenTheyWereSent) {
  EXPECT_EQ(
      BatchBody({.tracks = {R"({"a":1})", R"({"b":2})"}}, kNow).Text(),
      R"({"batch":[{"a":1},{"b":2}],"sentAt":"2020-06-09T18:19:12.007Z"})");
  EXPECT_EQ(BatchBody({.tracks = {"{}"}}, absl::UnixEpoch()).Text(),
            R"({"batch":[{}],"sentAt":"1970-01-01T00:00:00.000Z"})");
}

TEST(BatchBody, TakesMessagesThatLieInARowAsOnePiece) {
  const std::string chunk = R"({"a":1},{"b":2},{"c":3};{"d":4})";
  const std::string_view text = chunk;
  const Batch batch{.tracks = {text.substr(0, 7), text.substr(8, 7),
                               text.substr(16, 7), text.substr(24, 7),
                               text.substr(0, 7), text.substr(16, 7)}};
  const http::Body body = BatchBody(batch, kNow);
  EXPECT_EQ(body.Text(),
            R"({"batch":[{"a":1},{"b":2},{"c":3},{"d":4},{"a":1},{"c":3}],)"
            R"("sentAt":"2020-06-09T18:19:12.007Z"})");
  ASSERT_EQ(body.pieces.size(), 9u);
  EXPECT_EQ(body.pieces[1], text.substr(0, 23));
}

TEST(BatchBody, AFullBatchFitsIntoItsBudget) {
  const Limits limits = FindVariant("segment")->limits;
  const std::string track(999, ' ');
  Batch batch;
  for (std::int64_t left = limits.max_batch_bytes; left >= 1'000;
       left -= 1'000) {
    batch.tracks.push_back(track);
  }
  EXPECT_LE(BatchBody(batch, kNow).size_bytes(), 475'000u);
  EXPECT_GT(BatchBody(batch, kNow).size_bytes(), 473'000u);
}

TEST(BatchPath, GetsAlongWithEveryWayToWriteTheBase) {
  for (const char* base : {"", "/v1", "/v1/v1", "/v1/batch"}) {
    EXPECT_EQ(BatchPath(base), "/v1/batch") << base;
  }
  EXPECT_EQ(BatchPath("/segment"), "/segment/v1/batch");
  EXPECT_EQ(BatchPath("/segment/v1"), "/segment/v1/batch");
  EXPECT_EQ(BatchPath("/api/s/s2s/batch"), "/api/s/s2s/batch");
}

TEST(BatchRequest, HasTheHeadersOfTheApi) {
  const BatchRequest maker{
      .path = "/v1/batch", .write_key = base::Secret("key"), .gzip = false};
  const auto request = maker.Make({.tracks = {"{}"}}, kNow);
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->target, "/v1/batch");
  const std::map<std::string, std::string> expected = {
      {"Authorization", "Basic a2V5Og=="},  // key:
      {"Content-Type", "application/json"},
      {"Accept-Encoding", "identity"},
      {"User-Agent", "segrid/" + std::string(base::kVersion)},
  };
  EXPECT_EQ(HeadersOf(*request), expected);
  EXPECT_EQ(request->body.Text(), BatchBody({.tracks = {"{}"}}, kNow).Text());
}

TEST(BatchRequest, CountsRetriesFromTheSecondAttempt) {
  const BatchRequest maker{.gzip = false};
  EXPECT_EQ(HeadersOf(*maker.Make({.retry_count = 3}, kNow))["X-Retry-Count"],
            "3");
}

TEST(BatchRequest, CompressesWhenTold) {
  const BatchRequest maker{.gzip = true};
  const auto request = maker.Make({.tracks = {"{}"}}, kNow);
  EXPECT_EQ(HeadersOf(*request)["Content-Encoding"], "gzip");
  EXPECT_EQ(testing::Gunzip(request->body.Text()),
            BatchBody({.tracks = {"{}"}}, kNow).Text());
}

TEST(BatchRequest, MasksItsKeyInWhatOthersRepeat) {
  const BatchRequest maker{.write_key = base::Secret("k3y")};
  EXPECT_EQ(maker.Mask("bad key 'k3y' in 'Basic azN5Og=='"),
            "bad key '***' in 'Basic ***'");
  EXPECT_EQ(BatchRequest().Mask("nothing: Og=="), "nothing: Og==");
}

}  // namespace
}  // namespace segrid::receivers::segment
