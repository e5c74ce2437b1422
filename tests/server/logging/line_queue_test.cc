#include "server/logging/line_queue.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace segrid::logging {
namespace {

using ::testing::ElementsAre;

constexpr absl::Duration kLong = absl::Seconds(10);

// Reads what is written, and hangs on the line "hang" until it may go on.
struct Reader {
  void Take(const std::string& line) {
    if (line == "hang") {
      hangs.Notify();
      goes_on.WaitForNotification();
    }
    absl::MutexLock lock(&mu);
    lines.push_back(line);
  }
  std::vector<std::string> Lines() {
    absl::MutexLock lock(&mu);
    return lines;
  }

  absl::Notification hangs;
  absl::Notification goes_on;
  absl::Mutex mu;
  std::vector<std::string> lines ABSL_GUARDED_BY(mu);
};

class LineQueueTest : public ::testing::Test {
 protected:
  std::unique_ptr<LineQueue> MakeQueue() {
    return std::make_unique<LineQueue>(
        [reader = reader_](const std::string& line) { reader->Take(line); },
        [](std::int64_t count) { return absl::StrCat(count, " dropped"); });
  }

  const std::shared_ptr<Reader> reader_ = std::make_shared<Reader>();
};

TEST_F(LineQueueTest, WritesLinesInTheirOrder) {
  const auto queue = MakeQueue();
  for (const char* line : {"a", "b", "c"}) queue->Push(line);
  EXPECT_TRUE(queue->Flush(kLong));
  EXPECT_THAT(reader_->Lines(), ElementsAre("a", "b", "c"));
}

TEST_F(LineQueueTest, DropsAndCountsWhatAReaderWhoHangsDoesNotTake) {
  const auto queue = MakeQueue();
  queue->Push("hang");
  reader_->hangs.WaitForNotification();
  const std::string half(LineQueue::kMaxBytes / 2, 'x');
  for (int i = 0; i < 5; ++i) queue->Push(half);
  queue->Push("small, but the gap comes before it");
  EXPECT_FALSE(queue->Flush(absl::Milliseconds(1)));
  reader_->goes_on.Notify();
  ASSERT_TRUE(queue->Flush(kLong));
  queue->Push("later");
  ASSERT_TRUE(queue->Flush(kLong));
  EXPECT_THAT(reader_->Lines(),
              ElementsAre("hang", half, half, "4 dropped", "later"));
}

TEST_F(LineQueueTest, WritesWhatIsThereBeforeItGoes) {
  MakeQueue()->Push("last");
  EXPECT_THAT(reader_->Lines(), ElementsAre("last"));
}

TEST_F(LineQueueTest, WaitsForNobodyWhoHangsWhenItGoes) {
  auto queue = MakeQueue();
  queue->Push("hang");
  reader_->hangs.WaitForNotification();
  queue->Push("never");
  const absl::Time start = absl::Now();
  queue.reset();
  EXPECT_LT(absl::Now() - start, kLong);
  reader_->goes_on.Notify();
}

}  // namespace
}  // namespace segrid::logging
