#include "core/receivers/segment/response.h"

#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace segrid::receivers::segment {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const absl::Time kNow = absl::FromUnixSeconds(784'111'777);  // See below.

struct Case {
  int status;
  Verdict without;  // Retry-After.
  Verdict with;     // "Retry-After: 7"
  const char* reason = "";
};

// delivery.md, "Response → behaviour", line by line.
const std::vector<Case>& Cases() {
  using enum Verdict;
  // clang-format off
  static const std::vector<Case> cases = {
      {200, kDelivered, kDelivered}, {201, kDelivered, kDelivered},
      {202, kDelivered, kDelivered}, {204, kDelivered, kDelivered},
      {299, kDelivered, kDelivered},
      {300, kDeadLetter, kDeadLetter, "REDIRECTED"},
      {301, kDeadLetter, kDeadLetter, "REDIRECTED"},
      {302, kDeadLetter, kDeadLetter, "REDIRECTED"},
      {304, kDeadLetter, kDeadLetter, "REDIRECTED"},
      {307, kDeadLetter, kDeadLetter, "REDIRECTED"},
      {308, kDeadLetter, kDeadLetter, "REDIRECTED"},
      {399, kDeadLetter, kDeadLetter, "REDIRECTED"},
      {400, kSplit, kSplit, "BAD_MESSAGE"},
      {413, kSplit, kSplit, "TOO_LARGE"},
      {401, kMisconfigured, kMisconfigured},
      {403, kMisconfigured, kMisconfigured},
      {402, kDeadLetter, kDeadLetter, "REFUSED"},
      {404, kDeadLetter, kDeadLetter, "REFUSED"},
      {405, kDeadLetter, kDeadLetter, "REFUSED"},
      {409, kDeadLetter, kDeadLetter, "REFUSED"},
      {415, kDeadLetter, kDeadLetter, "REFUSED"},
      {422, kDeadLetter, kDeadLetter, "REFUSED"},
      {451, kDeadLetter, kDeadLetter, "REFUSED"},
      {499, kDeadLetter, kDeadLetter, "REFUSED"},
      {501, kDeadLetter, kDeadLetter, "REFUSED"},
      {505, kDeadLetter, kDeadLetter, "REFUSED"},
      {511, kDeadLetter, kDeadLetter, "REFUSED"},
      {408, kRetry, kRetry}, {410, kRetry, kRetry}, {460, kRetry, kRetry},
      {429, kRetry, kWait},
      {500, kRetry, kWait}, {502, kRetry, kWait}, {503, kRetry, kWait},
      {504, kRetry, kWait}, {506, kRetry, kWait}, {508, kRetry, kWait},
      {520, kRetry, kWait}, {529, kRetry, kWait}, {599, kRetry, kWait},
  };
  // clang-format on
  return cases;
}

TEST(Decide, FollowsTheTable) {
  for (const Case& c : Cases()) {
    const SendResult without = Decide({.status = c.status}, kNow);
    EXPECT_EQ(without.verdict, c.without) << c.status;
    EXPECT_EQ(without.reason, c.reason) << c.status;
    EXPECT_EQ(without.wait, absl::ZeroDuration()) << c.status;
    const SendResult with =
        Decide({.status = c.status, .retry_after = "7"}, kNow);
    EXPECT_EQ(with.verdict, c.with) << c.status;
    EXPECT_EQ(with.wait, c.with == Verdict::kWait ? absl::Seconds(7)
                                                  : absl::ZeroDuration())
        << c.status;
  }
}

TEST(Decide, EveryStatusHasOneOfTheDecisions) {
  for (int status = 200; status <= 599; ++status) {
    const SendResult result = Decide({.status = status}, kNow);
    const bool gives_up = result.verdict == Verdict::kDeadLetter ||
                          result.verdict == Verdict::kSplit;
    EXPECT_EQ(gives_up, !result.reason.empty()) << status;
    EXPECT_EQ(result.verdict == Verdict::kDelivered, status < 300) << status;
    EXPECT_EQ(result.detail.empty(), status < 300) << status;
  }
}

TEST(Decide, OnlyABadMessageSaysSomethingOfTheHalves) {
  EXPECT_TRUE(Decide({.status = 400}, kNow).halves_differ);
  EXPECT_FALSE(Decide({.status = 413}, kNow).halves_differ);
}

TEST(Decide, KeepsTheBodyForTheDeadLetterOnly) {
  const std::string body = "ada@example.com " + std::string(1'000, 'x');
  const SendResult result = Decide({.status = 400, .body = body}, kNow);
  EXPECT_EQ(result.answer, "HTTP 400: " + body.substr(0, 512));
  EXPECT_THAT(result.detail, HasSubstr("HTTP 400"));
  EXPECT_THAT(result.detail, Not(HasSubstr("ada@")));
}

TEST(ShownPart, EndsWithAWholeCharacter) {
  const auto shown = [](const std::string& before, const std::string& text) {
    std::string body = before;
    while (body.size() < 600) body += text;
    return ShownPart(body).size();
  };
  EXPECT_EQ(ShownPart("short").size(), 5u);
  EXPECT_EQ(shown("", "x"), 512u);
  EXPECT_EQ(shown("", "ü"), 512u);
  EXPECT_EQ(shown("x", "ü"), 511u);
  EXPECT_EQ(shown("", "€"), 510u);
  EXPECT_EQ(shown("x", "😀"), 509u);
  EXPECT_EQ(shown("xxx", "😀"), 511u);
  // That is no UTF-8.
  EXPECT_EQ(shown("", "\x80"), 512u);
}

TEST(DecideFailure, IsARetry) {
  const SendResult result =
      DecideFailure(absl::UnavailableError("no connection"));
  EXPECT_EQ(result.verdict, Verdict::kRetry);
  EXPECT_EQ(result.detail, "no connection");
}

TEST(ParseRetryAfter, ReadsSecondsAndTheThreeDates) {
  const auto s = [](int n) { return absl::Seconds(n); };
  const std::optional<absl::Duration> none;
  // kNow is Sun, 06 Nov 1994 08:49:37 GMT.
  const std::vector<std::pair<std::string, std::optional<absl::Duration>>>
      cases = {
          {"1", s(1)},
          {" 120 ", s(120)},
          {"300", s(300)},
          {"301", s(300)},
          {"99999999999999999999999999", s(300)},
          {"0", none},
          {"-5", none},
          {"1.5", none},
          {"1e2", none},
          {"soon", none},
          {"", none},
          {"Sun, 06 Nov 1994 08:49:47 GMT", s(10)},
          {"Sunday, 06-Nov-94 08:49:47 GMT", s(10)},
          {"Sun Nov  6 08:49:47 1994", s(10)},
          {"Sun, 06 Nov 1994 10:00:00 GMT", s(300)},
          {"Sun, 06 Nov 1994 08:49:37 GMT", none},
          {"Sun, 06 Nov 1994 08:00:00 GMT", none},
          {"Sun, 06 Nov 1994", none},
      };
  for (const auto& [text, want] : cases) {
    EXPECT_EQ(ParseRetryAfter(text, kNow), want) << text;
  }
}

}  // namespace
}  // namespace segrid::receivers::segment
