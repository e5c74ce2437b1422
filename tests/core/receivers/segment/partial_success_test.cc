#include "core/receivers/segment/partial_success.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace segrid::receivers::segment {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::vector<std::string_view> kIds = {"m1", "m10", "a.b-c_d", "m2"};

SendResult Decided(std::string_view body,
                   const std::vector<std::string_view>& ids = kIds) {
  return DecidePartialSuccess({.status = 200, .body = body}, ids);
}

std::vector<int> PlacesOf(const SendResult& result) {
  std::vector<int> places;
  for (const Refusal& refusal : result.refusals)
    places.push_back(refusal.index);
  return places;
}

TEST(PartialSuccess, OkIsAllOfThem) {
  const SendResult result =
      Decided(R"({"ok":true,"receivedEvents":4,"okEvents":4})");
  EXPECT_EQ(result.verdict, Verdict::kDelivered);
  EXPECT_THAT(result.refusals, IsEmpty());
}

TEST(PartialSuccess, ErrorsNameTheMessagesThatWereNotTaken) {
  const std::vector<std::pair<std::string, std::vector<int>>> cases = {
      {R"(["Message ID: m10: event error"])", {1}},
      {R"(["Message ID: m2: no","Message ID: a.b-c_d: no"])", {2, 3}},
      {R"(["m2 is bad, m1 is not named here","m1: bad"])", {0, 3}},
      {R"(["bad: m1."])", {0}},
      {R"([{"messageId":"m1","error":"no"}])", {0}},
      {R"(["m1: once","m1: twice"])", {0}},
  };
  for (const auto& [errors, places] : cases) {
    const SendResult result =
        Decided(absl::StrCat(R"({"ok":false,"errors":)", errors, "}"));
    EXPECT_EQ(result.verdict, Verdict::kDelivered) << errors;
    EXPECT_EQ(PlacesOf(result), places) << errors;
  }
}

TEST(PartialSuccess, ARefusalKeepsItsErrorCut) {
  const std::string text = "m1: " + std::string(2'000, 'x');
  const SendResult result =
      Decided(absl::StrCat(R"({"ok":false,"errors":[")", text, R"("]})"));
  ASSERT_EQ(result.refusals.size(), 1u);
  EXPECT_EQ(result.refusals[0].answer, "HTTP 200: " + text.substr(0, 512));
}

TEST(PartialSuccess, WhatNamesNobodyIsToBeSplit) {
  for (
      const char* body : {
          R"({"ok":false})",
          R"({"ok":false,"errors":[]})",
          R"({"ok":false,"errors":"m1"})",
          R"({"ok":false,"errors":["something is wrong"]})",
          R"({"ok":false,"errors":["m1: bad","something else"]})",
          R"({"ok":false,"errors":["m100: bad"]})",
          R"({"ok":false,"errors":["m1: bad"],"receivedEvents":4,"okEvents":1})",
      }) {
    const SendResult result = Decided(body);
    EXPECT_EQ(result.verdict, Verdict::kSplit) << body;
    EXPECT_EQ(result.reason, "BAD_MESSAGE");
    EXPECT_FALSE(result.halves_differ);
    EXPECT_EQ(result.answer, absl::StrCat("HTTP 200: ", body));
  }
}

TEST(PartialSuccess, AnErrorIsOfTheEventOnlyWhenItSaysSo) {
  using enum Verdict;
  const std::vector<std::pair<std::string, Verdict>> cases = {
      {"m1: quota exceeded: stream s. The event throttled", kRetry},
      {"m1: Throttled", kRetry},
      {"error# 7: m1: producer error: kafka: broker not available", kRetry},
      {"m1: no destinations found for stream", kMisconfigured},
      {"m1: invalid timestamp", kSplit},
      {"m1", kSplit},
  };
  for (const auto& [error, verdict] : cases) {
    const SendResult result =
        Decided(absl::StrCat(R"({"ok":false,"errors":["m2: is odd",")", error,
                             R"("],"receivedEvents":4,"okEvents":2})"));
    EXPECT_EQ(result.verdict, kDelivered);
    ASSERT_EQ(result.refusals.size(), 2u);
    EXPECT_EQ(result.refusals[0].index, 0);
    EXPECT_EQ(result.refusals[0].verdict, verdict) << error;
    EXPECT_EQ(result.refusals[1].index, 3);
    EXPECT_EQ(result.refusals[1].verdict, kSplit);
  }
}

TEST(PartialSuccess, ErrorsWithoutANameAreOfTheWholeBatch) {
  using enum Verdict;
  const std::vector<std::pair<std::string, Verdict>> cases = {
      {R"(["quota exceeded"])", kRetry},
      {R"(["producer error","m1: throttled"])", kRetry},
      {R"(["producer error","something"])", kSplit},
      {R"(["no destinations found for stream"])", kMisconfigured},
      {R"(["something","no destinations found for stream"])", kMisconfigured},
  };
  for (const auto& [errors, verdict] : cases) {
    const SendResult result =
        Decided(absl::StrCat(R"({"ok":false,"errors":)", errors, "}"));
    EXPECT_EQ(result.verdict, verdict) << errors;
    EXPECT_EQ(result.reason, verdict == kSplit ? "BAD_MESSAGE" : "");
    EXPECT_THAT(result.detail, HasSubstr("HTTP 200: "));
  }
}

TEST(PartialSuccess, DuplicatesThatItDroppedCountAsTaken) {
  for (const char* counts :
       {R"("receivedEvents":4,"okEvents":2,"deduplicatedEvents":1)",
        R"("receivedEvents":4,"okEvents":3,"deduplicatedEvents":1)"}) {
    const SendResult result = Decided(
        absl::StrCat(R"({"ok":false,"errors":["m10: bad"],)", counts, "}"));
    EXPECT_EQ(result.verdict, Verdict::kDelivered) << counts;
    EXPECT_THAT(PlacesOf(result), ElementsAre(1));
  }
}

TEST(PartialSuccess, WhatIsNotJitsusIsTriedAgain) {
  for (const char* body : {"", "OK", "<html>", "[true]", R"({"success":true})",
                           R"({"ok":"yes"})", R"({"ok":tru)"}) {
    const SendResult result = Decided(body);
    EXPECT_EQ(result.verdict, Verdict::kRetry) << body;
    EXPECT_THAT(result.detail, HasSubstr("endpoint"));
  }
}

}  // namespace
}  // namespace segrid::receivers::segment
