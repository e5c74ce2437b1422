// The baseline of generated classes does the same work as the transform: the
// same Tracks, issues, counts and JSON come out.

#include "bench/micro/generated_transform.h"

#include <cstdint>
#include <string>

#include "bench/micro/corpus.h"
#include "core/pipeline/transform_batch.h"
#include "gtest/gtest.h"
#include "tests/testing/data_files.h"
#include "tests/testing/json_maker.h"
#include "tests/testing/random.h"
#include "tests/testing/wire_maker.h"

namespace segrid::bench {
namespace {

using pipeline::Output;
using testing::Random;

// The response of the transform, without the texts of issues.
class Product {
 public:
  std::string Json(const std::string& request) {
    return Run(request, Output::kBatchJson);
  }
  v1::TransformResponse Tracks(const std::string& request) {
    v1::TransformResponse response;
    EXPECT_TRUE(response.ParseFromString(Run(request, Output::kTracks)));
    response.set_event_count(result_.counts.events);
    response.set_track_count(result_.counts.tracks);
    response.set_skipped_count(result_.counts.skipped);
    response.set_rejected_count(result_.counts.rejected);
    for (const pipeline::Issue& each : result_.issues) {
      auto& issue = *response.add_issues();
      const transform::Outcome outcome =
          transform::Describe(each.reason).outcome;
      issue.set_index(each.index);
      issue.set_outcome(outcome == transform::Outcome::kSkipped
                            ? v1::OUTCOME_SKIPPED
                            : v1::OUTCOME_REJECTED);
      issue.set_reason(static_cast<v1::Reason>(each.reason));
    }
    return response;
  }

 private:
  std::string Run(const std::string& request, Output output) {
    EXPECT_TRUE(transformer_
                    .Transform({pipeline::Input::Form::kTypedRequest, request},
                               transform::Options(), output, 0, result_)
                    .ok());
    return std::string(result_.output.view());
  }

  pipeline::BatchTransformer transformer_;
  pipeline::TransformResult result_;
};

class GeneratedTransformTest : public ::testing::Test {
 protected:
  // Compares both on a request that both can read; `of` tells where it is from.
  void Compare(const std::string& request, const std::string& of) {
    v1::TransformRequest parsed;
    ASSERT_TRUE(parsed.ParseFromString(request)) << of;
    v1::TransformResponse response;
    GeneratedTransform(parsed, sha256_, response);
    const v1::TransformResponse wanted = product_.Tracks(request);
    EXPECT_EQ(response.DebugString(), wanted.DebugString()) << of;
    std::string json;
    GeneratedJson(response, json);
    EXPECT_EQ(json, product_.Json(request)) << of;
    tracks_ += response.track_count();
    events_ += response.event_count();
    for (const v1::EventIssue& issue : response.issues()) {
      ++reasons_.at(static_cast<std::size_t>(issue.reason()));
    }
  }

  crypto::Sha256 sha256_;
  Product product_;
  std::int64_t tracks_ = 0;
  std::int64_t events_ = 0;
  std::array<int, v1::Reason_ARRAYSIZE> reasons_{};
};

TEST_F(GeneratedTransformTest, DoesTheWorkOfTheTransformOnShippedBodies) {
  for (const auto& [name, body] : testing::RealBodies()) {
    Compare(TypedRequest(body), name);
  }
  EXPECT_GT(tracks_, 60);
}

TEST_F(GeneratedTransformTest, DoesTheWorkOfTheTransformOnRandomEvents) {
  Random random(testing::TestSeed());
  testing::JsonMaker maker(random);
  while (events_ < 20'000 && !HasFailure()) {
    const std::string body = maker.Body(20, random.OneIn(10));
    Compare(TypedRequest(body), body);
  }
  EXPECT_GT(tracks_, events_ / 5) << "the events say too little";
}

TEST_F(GeneratedTransformTest, DoesTheWorkOfTheTransformOnRandomMessages) {
  Random random(testing::TestSeed());
  testing::WireMaker maker(random);
  for (int i = 0; i < 5'000 && !HasFailure(); ++i) {
    v1::TransformRequest request;
    // Written in the order of the generated class, which has read it.
    if (!request.add_events()->ParseFromString(maker.Event(30))) continue;
    Compare(request.SerializeAsString(), request.DebugString());
  }
  EXPECT_GT(events_, 2'000);
}

TEST_F(GeneratedTransformTest, GivesEachReasonThatTypedEventsCanHave) {
  const std::string start =
      R"([{"email":"a@b.c","timestamp":1591726752,"sg_event_id":"x")";
  const std::string open = start + R"(,"event":"open")";
  for (const std::string& body :
       {start + "}]", start + R"(,"event":"new"}])",
        start + R"(,"event":"deferred"}])", open + R"(,"email":" \t"}])",
        open + R"(,"timestamp":0}])",
        open + R"(,"timestamp":253402300800000}])",
        open + R"(,"timestamp":253402300799999}])",
        open + R"(,"timestamp":100000000000}])",
        open + R"(,"category":[")" + std::string(31'690, 'x') + "\"]}]",
        open + R"(,"category":[")" + std::string(31'900, 'x') + "\"]}]"}) {
    Compare(TypedRequest(body), body.substr(0, 200));
  }
  const std::array<int, v1::Reason_ARRAYSIZE> wanted = {0, 1, 1, 0, 0,
                                                        1, 1, 2, 1, 0};
  EXPECT_EQ(reasons_, wanted);
  EXPECT_EQ(tracks_, 3);
}

}  // namespace
}  // namespace segrid::bench
