#include "server/rpc/idempotency.h"

#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "gtest/gtest.h"
#include "segrid/v1/bridge.pb.h"
#include "tests/testing/fake_clock.h"

namespace segrid::rpc {
namespace {

// Calls that are answered when the test says so.
class IdempotencyTest : public ::testing::Test {
 protected:
  // Asks, and notes the answer, or "error: …", in `answers`.
  void Ask(Idempotency& table, std::string_view key, std::string_view request,
           const std::stop_token& gone = {}) {
    const std::size_t index = answers.size();
    answers.emplace_back("none");
    table.Answer(
        {key, request, gone},
        [this, index](absl::StatusOr<codec::OutputBuffer> answer) {
          answers[index] = answer.ok() ? std::string(answer->view())
                                       : "error: " + answer.status().ToString();
        },
        [this](const std::stop_token& stop, ForwardAnswer answer) {
          works.push_back(std::move(answer));
          stops.push_back(stop);
        });
  }

  void Finish(std::size_t work, std::string_view text) {
    codec::OutputBuffer buffer;
    buffer.Append(text);
    works[work](std::move(buffer));
  }

  testing::FakeClock clock;
  std::vector<ForwardAnswer> works;
  std::vector<std::stop_token> stops;  // Of the works.
  std::vector<std::string> answers;
};

TEST_F(IdempotencyTest, GivesTheSameAnswerAgain) {
  Idempotency table({}, clock);
  Ask(table, "key", "request");
  Finish(0, "accepted 3");
  Ask(table, "key", "request");
  EXPECT_EQ(works.size(), 1u);
  EXPECT_EQ(answers, (std::vector<std::string>{"accepted 3", "accepted 3"}));
}

TEST_F(IdempotencyTest, LetsRetriesWaitForTheCallThatIsUnderWay) {
  Idempotency table({}, clock);
  for (int i = 0; i < 3; ++i) Ask(table, "key", "request");
  EXPECT_EQ(works.size(), 1u);
  EXPECT_EQ(answers, (std::vector<std::string>(3, "none")));
  Finish(0, "accepted 3");
  EXPECT_EQ(answers, (std::vector<std::string>(3, "accepted 3")));
}

TEST_F(IdempotencyTest, ForgetsErrorsOnceAllWhoWaitHaveThem) {
  Idempotency table({}, clock);
  Ask(table, "key", "request");
  Ask(table, "key", "request");
  works[0](absl::UnavailableError("disk"));
  EXPECT_EQ(answers, (std::vector<std::string>(2, "error: UNAVAILABLE: disk")));
  EXPECT_EQ(table.size(), 0u);
  Ask(table, "key", "request");
  EXPECT_EQ(works.size(), 2u);
}

TEST_F(IdempotencyTest, TakesOtherKeysAndOtherContentForOtherCalls) {
  Idempotency table({}, clock);
  Ask(table, "key", "request");
  Finish(0, "first");
  Ask(table, "other key", "request");
  Ask(table, "key", "other request");
  Ask(table, "", "request");
  Ask(table, "", "request");
  EXPECT_EQ(works.size(), 5u);
}

TEST_F(IdempotencyTest, KeepsAnswersForTheirTime) {
  Idempotency table({.max_age = absl::Minutes(10)}, clock);
  Ask(table, "key", "request");
  Finish(0, "first");
  clock.Advance(absl::Minutes(10) - absl::Seconds(1));
  Ask(table, "key", "request");
  EXPECT_EQ(works.size(), 1u);
  clock.Advance(absl::Seconds(1));
  Ask(table, "key", "request");
  EXPECT_EQ(works.size(), 2u);
}

TEST_F(IdempotencyTest, KeepsNoMoreAnswersThanItMay) {
  Idempotency table({.max_answers = 10}, clock);
  for (std::size_t i = 0; i < 15; ++i) {
    Ask(table, std::to_string(i), "request");
    Finish(i, "answer");
  }
  EXPECT_EQ(table.size(), 10u);
  Ask(table, "5", "request");
  EXPECT_EQ(works.size(), 15u);
  Ask(table, "4", "request");
  EXPECT_EQ(works.size(), 16u);
}

TEST_F(IdempotencyTest, KeepsNoMoreBytesThanItMay) {
  Idempotency table({.max_bytes = 100'000}, clock);
  for (std::size_t i = 0; i < 30; ++i) {
    Ask(table, std::to_string(i), "request");
    Finish(i, std::string(10'000, 'a'));
  }
  EXPECT_GE(table.size(), 8u);
  EXPECT_LE(table.size(), 10u);
}

TEST_F(IdempotencyTest, GivesAnAnswerThatIsTooLargeToBeKept) {
  Idempotency table({.max_bytes = 1'000}, clock);
  Ask(table, "key", "request");
  Ask(table, "key", "request");
  Finish(0, std::string(10'000, 'a'));
  EXPECT_EQ(answers, (std::vector<std::string>(2, std::string(10'000, 'a'))));
  EXPECT_EQ(table.size(), 0u);
}

TEST_F(IdempotencyTest, MayGoBeforeTheCallsThatAreUnderWay) {
  {
    Idempotency table({}, clock);
    Ask(table, "key", "request");
    Ask(table, "key", "request");
  }
  Finish(0, "late");
  EXPECT_EQ(answers, (std::vector<std::string>(2, "late")));
}

TEST_F(IdempotencyTest, StopsTheWorkWhenTheLastCallerHasLeft) {
  Idempotency table({}, clock);
  std::stop_source first;
  std::stop_source second;
  Ask(table, "key", "request", first.get_token());
  Ask(table, "key", "request", second.get_token());
  first.request_stop();
  EXPECT_FALSE(stops[0].stop_requested());
  second.request_stop();
  EXPECT_TRUE(stops[0].stop_requested());
  // Who comes now does not get the error of the call that was stopped.
  Ask(table, "key", "request");
  ASSERT_EQ(works.size(), 2u);
  works[0](absl::CancelledError("stopped"));
  Finish(1, "accepted 3");
  EXPECT_EQ(answers.at(2), "accepted 3");
  EXPECT_EQ(table.size(), 1u);
}

TEST_F(IdempotencyTest, StopsTheWorkOfACallerWhoLeftBeforeItBegan) {
  Idempotency table({}, clock);
  std::stop_source gone;
  gone.request_stop();
  Ask(table, "key", "request", gone.get_token());
  Ask(table, "", "request", gone.get_token());
  ASSERT_EQ(stops.size(), 2u);
  EXPECT_TRUE(stops[0].stop_requested());
  EXPECT_TRUE(stops[1].stop_requested());
}

TEST_F(IdempotencyTest, StopsNothingThatIsDone) {
  Idempotency table({}, clock);
  std::stop_source gone;
  Ask(table, "key", "request", gone.get_token());
  Finish(0, "accepted 3");
  gone.request_stop();
  Ask(table, "key", "request");
  EXPECT_EQ(answers.at(1), "accepted 3");
}

TEST(IdempotencyKey, IsRefusedWhenItIsTooLong) {
  EXPECT_TRUE(CheckIdempotencyKey("").ok());
  EXPECT_TRUE(CheckIdempotencyKey(std::string(128, 'a')).ok());
  EXPECT_EQ(CheckIdempotencyKey(std::string(129, 'a')).code(),
            absl::StatusCode::kInvalidArgument);
}

std::string Typed(const std::vector<std::pair<int, std::string>>& arguments,
                  int timestamp = 1) {
  // By hand: the generated classes choose the order of a map's entries.
  const auto field = [](int number, std::string_view text) {
    std::string bytes(1, static_cast<char>(number << 3 | 2));
    bytes.push_back(static_cast<char>(text.size()));
    return bytes.append(text);
  };
  std::string event = field(1, "ada@example.com");
  event.append({0x10, static_cast<char>(timestamp)});
  for (const auto& [number, text] : arguments) {
    event += field(15, field(1, std::to_string(number)) + field(2, text));
  }
  return field(1, event) + field(1, event) + std::string({0x20, 0x01});
}

TEST(Fingerprint, IsThatOfTheContent) {
  const std::string request = Typed({{1, "a"}, {2, "b"}});
  ::segrid::v1::ForwardRequest parsed;
  ASSERT_TRUE(parsed.ParseFromString(request));
  ASSERT_EQ(parsed.events(1).custom_args().at("2"), "b");
  // The order of a map's entries does not count; everything else does.
  EXPECT_EQ(FingerprintOf(request), FingerprintOf(Typed({{2, "b"}, {1, "a"}})));
  const std::vector<std::string> others = {
      Typed({{1, "b"}, {2, "a"}}), Typed({{1, "a"}}), Typed({}),
      Typed({{1, "a"}, {2, "b"}}, 2), request.substr(0, request.size() - 2),
      // No messages.
      request.substr(0, request.size() - 1), request + "\xFF", "", "text",
      "test"};
  std::vector<std::uint64_t> seen = {FingerprintOf(request)};
  for (const std::string& other : others) {
    for (const std::uint64_t before : seen) {
      EXPECT_NE(FingerprintOf(other), before) << other.size();
    }
    seen.push_back(FingerprintOf(other));
  }
}

}  // namespace
}  // namespace segrid::rpc
