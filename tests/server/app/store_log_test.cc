#include "server/app/store_log.h"

#include <string>
#include <vector>

#include "core/queue/errors.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/logging/captured_log.h"
#include "tests/testing/fake_clock.h"

namespace segrid::app {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class StoreLogTest : public ::testing::Test {
 protected:
  std::vector<std::string> Lines() { return captured_.Lines(); }

  testing::FakeClock clock_;
  logging::CapturedLog captured_{clock_};
  StoreLog store_{captured_.log(), clock_};
};

TEST_F(StoreLogTest, SaysNothingOfAStoreThatAccepts) {
  for (int i = 0; i < 100; ++i) {
    store_.OnAppended();
    store_.OnLook("");
    clock_.Advance(absl::Seconds(1));
  }
  EXPECT_THAT(Lines(), IsEmpty());
}

TEST_F(StoreLogTest, AStopThatALookSeesIsALineAndItsEndAnother) {
  store_.OnLook("no space left on the disk");
  EXPECT_THAT(
      Lines(),
      ElementsAre(AllOf(HasSubstr("the store stops accepting"),
                        HasSubstr(R"("level":"error")"),
                        HasSubstr(R"("detail":"no space left on the disk")"))));
  for (int i = 0; i < 90; ++i) {
    clock_.Advance(absl::Seconds(1));
    store_.OnLook("no space left on the disk");
  }
  EXPECT_THAT(Lines(), IsEmpty());
  store_.OnLook("");
  EXPECT_THAT(Lines(), ElementsAre(AllOf(HasSubstr("the store accepts again"),
                                         HasSubstr("no space left on the disk"),
                                         HasSubstr(R"("lasted_seconds":90)"))));
}

TEST_F(StoreLogTest, ARefusalIsAStopThoughTheStoreSaysThatItIsReady) {
  const absl::Status full = queue::QueueFull("the queue", 1 << 20);
  for (int i = 0; i < 1'000; ++i) store_.OnRefused(full);
  EXPECT_THAT(Lines(), ElementsAre(AllOf(HasSubstr("the store stops accepting"),
                                         HasSubstr("the queue"))));
  // A small batch has room, a large one has none: still one stop.
  for (int i = 0; i < 60; ++i) {
    store_.OnLook("");
    store_.OnAppended();
    store_.OnRefused(full);
    clock_.Advance(absl::Seconds(1));
  }
  EXPECT_THAT(Lines(), IsEmpty());
  // Nothing is appended: nobody knows whether there is room.
  clock_.Advance(absl::Minutes(10));
  store_.OnLook("");
  EXPECT_THAT(Lines(), IsEmpty());
  store_.OnAppended();
  EXPECT_THAT(Lines(),
              ElementsAre(AllOf(HasSubstr("the store accepts again"),
                                HasSubstr(R"("lasted_seconds":660)"))));
  store_.OnAppended();
  EXPECT_THAT(Lines(), IsEmpty());
}

TEST_F(StoreLogTest, AFailureThatIsMetAndThenSeenEndsWithALook) {
  store_.OnRefused(absl::UnavailableError("the disk failed"));
  store_.OnLook("the disk failed");
  EXPECT_EQ(Lines().size(), 1u);
  clock_.Advance(absl::Seconds(30));
  store_.OnLook("");
  EXPECT_EQ(Lines().size(), 1u);
  // The next one is a stop of its own.
  store_.OnRefused(absl::UnavailableError("the disk failed"));
  clock_.Advance(absl::Seconds(30));
  store_.OnLook("");
  EXPECT_EQ(Lines().size(), 1u) << "no look has seen this one";
}

TEST_F(StoreLogTest, ABadChunkIsNoFaultOfTheStore) {
  store_.OnRefused(absl::InvalidArgumentError("two chunks for one lane"));
  EXPECT_THAT(Lines(), IsEmpty());
}

}  // namespace
}  // namespace segrid::app
