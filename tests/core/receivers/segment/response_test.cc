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
      {400, kSplit, kSplit, "BAD_MESSAGE"},
      {422, kSplit, kSplit, "BAD_MESSAGE"},
      {413, kTooLarge, kTooLarge, "TOO_LARGE"},
      {300, kMisconfigured, kMisconfigured},
      {301, kMisconfigured, kMisconfigured},
      {302, kMisconfigured, kMisconfigured},
      {303, kMisconfigured, kMisconfigured},
      {304, kMisconfigured, kMisconfigured},
      {307, kMisconfigured, kMisconfigured},
      {308, kMisconfigured, kMisconfigured},
      {399, kMisconfigured, kMisconfigured},
      {401, kMisconfigured, kMisconfigured},
      {402, kMisconfigured, kMisconfigured},
      {403, kMisconfigured, kMisconfigured},
      {404, kMisconfigured, kMisconfigured},
      {405, kMisconfigured, kMisconfigured},
      {406, kMisconfigured, kMisconfigured},
      {407, kMisconfigured, kMisconfigured},
      {409, kMisconfigured, kMisconfigured},
      {411, kMisconfigured, kMisconfigured},
      {412, kMisconfigured, kMisconfigured},
      {414, kMisconfigured, kMisconfigured},
      {415, kMisconfigured, kMisconfigured},
      {416, kMisconfigured, kMisconfigured},
      {417, kMisconfigured, kMisconfigured},
      {418, kMisconfigured, kMisconfigured},
      {423, kMisconfigured, kMisconfigured},
      {424, kMisconfigured, kMisconfigured},
      {426, kMisconfigured, kMisconfigured},
      {428, kMisconfigured, kMisconfigured},
      {431, kMisconfigured, kMisconfigured},
      {451, kMisconfigured, kMisconfigured},
      {459, kMisconfigured, kMisconfigured},
      {461, kMisconfigured, kMisconfigured},
      {495, kMisconfigured, kMisconfigured},
      {496, kMisconfigured, kMisconfigured},
      {499, kMisconfigured, kMisconfigured},
      {501, kMisconfigured, kMisconfigured},
      {505, kMisconfigured, kMisconfigured},
      {511, kMisconfigured, kMisconfigured},
      {408, kRetry, kRetry}, {410, kRetry, kRetry}, {421, kRetry, kRetry},
      {425, kRetry, kRetry}, {460, kRetry, kRetry},
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
    const bool refused = result.verdict == Verdict::kTooLarge ||
                         result.verdict == Verdict::kSplit;
    EXPECT_EQ(refused, !result.reason.empty()) << status;
    EXPECT_EQ(refused, status == 400 || status == 413 || status == 422)
        << status << ": nothing else speaks of a message";
    EXPECT_EQ(result.verdict == Verdict::kDelivered, status < 300) << status;
    EXPECT_EQ(result.detail.empty(), status < 300) << status;
  }
}

TEST(Decide, OnlyABadMessageSaysSomethingOfTheHalves) {
  EXPECT_TRUE(Decide({.status = 400}, kNow).halves_differ);
  EXPECT_FALSE(Decide({.status = 413}, kNow).halves_differ);
}

TEST(Decide, AWebPageInPlaceOfAnAnswerHoldsTheSource) {
  struct Page {
    int status;
    std::string type;
    std::string body;
    bool held;
  };
  const std::string bom = "\xEF\xBB\xBF";
  const std::vector<Page> pages = {
      {200, "text/html", "<!doctype html><p>Log in", true},
      {200, "text/html; charset=utf-8", "<HTML><body>", true},
      {200, " Text/HTML ;charset=utf-8", bom + "\r\n <!DOCTYPE html>", true},
      {202, "text/html", "<html lang=de>", true},
      {200, "text/html", R"({"success":true})", false},
      {200, "text/html", "", false},
      {200, "text/html", "ok <html>", false},
      {200, "text/htmlx", "<html>", false},
      {200, "application/json", "<html>", false},
      {200, "", "<!doctype html>", false},
  };
  for (const Page& page : pages) {
    const Answer answer = {
        .status = page.status, .content_type = page.type, .body = page.body};
    const SendResult result = Decide(answer, kNow);
    EXPECT_EQ(result.verdict,
              page.held ? Verdict::kMisconfigured : Verdict::kDelivered)
        << page.type << page.body;
    EXPECT_EQ(result.detail.empty(), !page.held);
    EXPECT_EQ(Decide(answer, kNow, WebPages::kAreTaken).verdict,
              Verdict::kDelivered);
  }
}

TEST(Decide, OnlyTheseStatusesMaySpeakOfCompressionOrOfTheConnection) {
  for (int status = 200; status <= 599; ++status) {
    EXPECT_EQ(MayBeCompression(status),
              status == 400 || status == 415 || status == 422)
        << status;
    EXPECT_EQ(WantsFreshConnection(status), status == 408 || status == 410 ||
                                                status == 421 ||
                                                status == 425 || status == 460)
        << status;
  }
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
          {"1.5", s(2)},
          {"0.2", s(1)},
          {"2.000", s(2)},
          {"299.001", s(300)},
          {"300.5", s(300)},
          {"9223372036854775807.5", s(300)},
          {"0.0", none},
          {"1.", none},
          {".5", none},
          {"1.5.2", none},
          {"1,5", none},
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
