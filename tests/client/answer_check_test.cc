#include "client/internal/answer_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "client/testing/server_answers.h"

namespace segrid::internal {
namespace {

using ::testing::HasSubstr;

TEST(CountElements, CountsWithoutReading) {
  const struct {
    const char* json;
    std::optional<std::int64_t> count;
  } kCases[] = {
      {"[]", 0},
      {" [ \n] ", 0},
      {"[{}]", 1},
      {"[1,2]", 2},
      {"[[],{},\"\"]", 3},
      {R"([{"a":"],[\"\\"},{"b":[1,2,{"c":3}]}])", 2},
      {"\xEF\xBB\xBF[1,2]", 2},
      {"{\"a\":1}", std::nullopt},
      {"[1", std::nullopt},
      {"", std::nullopt},
      {"hello [1]", std::nullopt},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(CountElements(test.json), test.count) << test.json;
  }
}

const std::string kBody =
    R"([{"event":"open","email":"ada@example.com","timestamp":1591726752},)"
    R"({"event":"deferred"},{"event":"open"}])";

TEST(ForwardAnswer, MayBeWhatAServerAnswers) {
  v1::ForwardRequest request;
  request.set_webhook_json(kBody);
  for (const v1::Wait wait : {v1::WAIT_ACCEPTED, v1::WAIT_DELIVERED}) {
    request.set_wait(wait);
    for (int sources = 0; sources < 3; ++sources) {
      EXPECT_EQ(CheckAnswer(SentBy(request), *testing::AnswerForward(request)),
                std::nullopt);
      request.add_sources("source-" + std::to_string(sources));
    }
  }
}

TEST(ForwardAnswer, IsRefusedWhenItCannotBeOne) {
  using Answer = v1::ForwardResponse;
  const struct {
    const char* says;
    std::function<void(Answer&)> spoil;
  } kCases[] = {
      {"event_count is 0 for 3 events", [](Answer& a) { a.Clear(); }},
      {"event_count is 2 for 3 events",
       [](Answer& a) { a.set_event_count(2); }},
      {"event_count is 4", [](Answer& a) { a.set_event_count(4); }},
      {"accepted_count is -1",
       [](Answer& a) {
         a.set_accepted_count(-1);
         a.set_duplicate_count(2);
       }},
      {"duplicate_count is -5", [](Answer& a) { a.set_duplicate_count(-5); }},
      {"delivered_count is -1", [](Answer& a) { a.set_delivered_count(-1); }},
      {"event_count * sources is 3, but",
       [](Answer& a) { a.set_accepted_count(2); }},
      {"0 sources", [](Answer& a) { a.clear_sources(); }},
      {"2 sources", [](Answer& a) { *a.add_sources() = a.sources(0); }},
      {"of a source is 2",
       [](Answer& a) { a.mutable_sources(0)->set_accepted_count(0); }},
      {"of a source is -1",
       [](Answer& a) { a.mutable_sources(0)->set_skipped_count(-1); }},
      {"about event 3 of 3",
       [](Answer& a) { a.mutable_issues(0)->set_index(3); }},
      {"dead are 2", [](Answer& a) { a.set_pending_count(2); }},
  };
  v1::ForwardRequest request;
  request.set_webhook_json(kBody);
  request.add_sources("prod");
  for (const auto& test : kCases) {
    Answer answer = *testing::AnswerForward(request);
    test.spoil(answer);
    const auto error = CheckAnswer(SentBy(request), answer);
    ASSERT_TRUE(error.has_value()) << test.says;
    EXPECT_EQ(error->reason, "IMPOSSIBLE_ANSWER");
    EXPECT_THAT(error->message, HasSubstr(test.says));
  }
}

TEST(ForwardAnswer, SaysWhatBecameOfWhatWasWaitedFor) {
  v1::ForwardRequest request;
  request.set_webhook_json(kBody);
  request.set_wait(v1::WAIT_DELIVERED);
  v1::ForwardResponse answer = *testing::AnswerForward(request);
  answer.clear_delivered_count();
  EXPECT_TRUE(CheckAnswer(SentBy(request), answer).has_value());
}

TEST(TransformAnswer, IsRefusedWhenItCannotBeOne) {
  using Answer = v1::TransformResponse;
  const struct {
    const char* says;
    std::function<void(Answer&)> spoil;
  } kCases[] = {
      {"event_count is 0 for 3 events", [](Answer& a) { a.Clear(); }},
      {"track_count is -1", [](Answer& a) { a.set_track_count(-1); }},
      {"event_count is 3, but", [](Answer& a) { a.set_track_count(2); }},
      {"there are others", [](Answer& a) { a.clear_tracks(); }},
      {"about event -1", [](Answer& a) { a.mutable_issues(0)->set_index(-1); }},
  };
  v1::TransformRequest request;
  request.set_webhook_json(kBody);
  EXPECT_EQ(CheckAnswer(SentBy(request), *testing::AnswerTransform(request)),
            std::nullopt);
  for (const auto& test : kCases) {
    Answer answer = *testing::AnswerTransform(request);
    test.spoil(answer);
    const auto error = CheckAnswer(SentBy(request), answer);
    ASSERT_TRUE(error.has_value()) << test.says;
    EXPECT_THAT(error->message, HasSubstr(test.says));
  }
  request.set_output(v1::OUTPUT_BATCH_JSON);
  Answer batch = *testing::AnswerTransform(request);
  EXPECT_EQ(CheckAnswer(SentBy(request), batch), std::nullopt);
  batch.clear_batch_json();
  EXPECT_TRUE(CheckAnswer(SentBy(request), batch).has_value());
}

}  // namespace
}  // namespace segrid::internal
