#include "server/app/delivery_log.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/logging/captured_log.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/fake_executor.h"

namespace segrid::app {
namespace {

using deliver::SourceState;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class DeliveryLogTest : public ::testing::Test {
 protected:
  std::vector<std::string> Lines() { return captured_.Lines(); }

  testing::FakeClock clock_;
  testing::FakeExecutor executor_{clock_};
  logging::CapturedLog captured_{clock_};
  DeliveryLog delivery_{captured_.log(), executor_};
};

TEST_F(DeliveryLogTest, AChangeOfStateIsALineWithItsDetail) {
  delivery_.OnStateChange({.source = "prod",
                           .from = SourceState::kRunning,
                           .to = SourceState::kMisconfigured,
                           .detail = "HTTP 404: check the endpoint"});
  const auto lines = Lines();
  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_THAT(
      lines[0],
      AllOf(HasSubstr(R"("level":"warning")"), HasSubstr(R"("source":"prod")"),
            HasSubstr(R"("state":"misconfigured")"),
            HasSubstr(R"("detail":"HTTP 404: check the endpoint")")));
}

TEST_F(DeliveryLogTest, ARecoveryTellsHowLongItLastedAndHowMuchWaits) {
  delivery_.OnStateChange({.source = "prod",
                           .from = SourceState::kBackingOff,
                           .to = SourceState::kRunning,
                           .lasted = absl::Minutes(15),
                           .pending = 1'234});
  const auto lines = Lines();
  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_THAT(lines[0], AllOf(HasSubstr(R"("was":"backing_off")"),
                              HasSubstr(R"("lasted_seconds":900)"),
                              HasSubstr(R"("pending":1234)")));
}

TEST_F(DeliveryLogTest, ChangedValuesAreOneLineInAnHourWithTheirNumber) {
  for (int i = 0; i < 100; ++i) {
    delivery_.OnValuesChanged("prod", "max_columns", 2);
  }
  auto lines = Lines();
  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_THAT(lines[0], AllOf(HasSubstr(R"("level":"warning")"),
                              HasSubstr(R"("source":"prod")"),
                              HasSubstr(R"("reason":"max_columns")"),
                              HasSubstr(R"("values":2)")));
  executor_.Advance(absl::Minutes(61));
  lines = Lines();
  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_THAT(lines[0], HasSubstr(R"("values":198)"));
}

TEST_F(DeliveryLogTest, MessagesGivenUpAreOneLineInTenSecondsWithTheirNumber) {
  for (int i = 0; i < 1'000; ++i) {
    delivery_.OnGivenUp("prod", "BAD_MESSAGE", 2);
    delivery_.OnGivenUp("prod", "EXPIRED", 1);
  }
  auto lines = Lines();
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(lines[0], AllOf(HasSubstr(R"("reason":"BAD_MESSAGE")"),
                              HasSubstr(R"("messages":2)")));
  executor_.Advance(absl::Seconds(9));
  EXPECT_THAT(Lines(), IsEmpty());
  executor_.Advance(absl::Seconds(1));
  lines = Lines();
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(lines[0], HasSubstr(R"("messages":1998)"));
}

TEST_F(DeliveryLogTest, CompressionThatIsTurnedOffIsAWarning) {
  delivery_.OnCompressionOff("prod");
  const auto lines = Lines();
  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_THAT(lines[0], AllOf(HasSubstr(R"("level":"warning")"),
                              HasSubstr("gzip"), HasSubstr("prod")));
}

}  // namespace
}  // namespace segrid::app
