#include "server/logging/counted_lines.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/fake_executor.h"

namespace segrid::logging {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class CountedLinesTest : public ::testing::Test {
 protected:
  testing::FakeClock clock_;
  testing::FakeExecutor executor_{clock_};
  std::vector<std::string> written_;
  std::unique_ptr<CountedLines> lines_ = std::make_unique<CountedLines>(
      executor_, absl::Seconds(10), [this](const CountedLine& line) {
        written_.push_back(absl::StrCat(line.who, " ", line.reason, " ",
                                        line.count, line.detail));
      });
};

TEST_F(CountedLinesTest, WritesTheFirstAtOnceAndTheOthersWithTheirNumber) {
  lines_->Add("a", "BAD", 3);
  EXPECT_THAT(written_, ElementsAre("a BAD 3"));
  for (int i = 0; i < 100; ++i) {
    lines_->Add("a", "BAD");
    executor_.Advance(absl::Milliseconds(99));
  }
  EXPECT_THAT(written_, ElementsAre("a BAD 3"));
  executor_.Advance(absl::Seconds(1));
  EXPECT_THAT(written_, ElementsAre("a BAD 3", "a BAD 100"));
  lines_->Add("a", "BAD");
  executor_.Advance(absl::Seconds(8));
  EXPECT_EQ(written_.size(), 2u) << "one line in ten seconds";
  executor_.Advance(absl::Seconds(2));
  EXPECT_THAT(written_, ElementsAre("a BAD 3", "a BAD 100", "a BAD 1"));
}

TEST_F(CountedLinesTest, TellsWhoAndReasonApart) {
  lines_->Add("a", "BAD");
  lines_->Add("b", "BAD");
  lines_->Add("a", "OLD");
  EXPECT_THAT(written_, ElementsAre("a BAD 1", "b BAD 1", "a OLD 1"));
}

TEST_F(CountedLinesTest, TellsTheDetailOfTheLastThatItCounts) {
  for (const char* detail : {" first", " second", " third"}) {
    lines_->Add("a", "BAD", 1, detail);
  }
  executor_.Advance(absl::Seconds(10));
  EXPECT_THAT(written_, ElementsAre("a BAD 1 first", "a BAD 2 third"));
}

TEST_F(CountedLinesTest, WritesAtOnceAgainAfterAQuietWindow) {
  lines_->Add("a", "BAD");
  executor_.Advance(absl::Seconds(11));
  EXPECT_EQ(executor_.NextTimer(), absl::InfiniteDuration()) << "costs nothing";
  written_.clear();
  lines_->Add("a", "BAD");
  EXPECT_THAT(written_, ElementsAre("a BAD 1"));
}

TEST_F(CountedLinesTest, WritesWhatIsLeftAtTheEnd) {
  lines_->Add("a", "BAD");
  lines_->Add("a", "BAD", 7);
  lines_->Add("b", "BAD");
  written_.clear();
  lines_.reset();
  EXPECT_THAT(written_, ElementsAre("a BAD 7"));
  executor_.Advance(absl::Minutes(1));
  EXPECT_EQ(written_.size(), 1u);
}

}  // namespace
}  // namespace segrid::logging
