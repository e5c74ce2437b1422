#include "server/app/backup_log.h"

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

TEST(BackupLog, SaysEachEndOnce) {
  testing::FakeClock clock;
  logging::CapturedLog captured(clock);
  BackupLog backups(captured.log());
  backups.OnLook({.last_bytes = 7});  // Made before the server started.
  EXPECT_THAT(captured.Lines(), IsEmpty());
  backups.OnLook({.last_bytes = 1'234, .done = 1});
  backups.OnLook({.last_bytes = 1'234, .done = 1});
  EXPECT_THAT(captured.Lines(),
              ElementsAre(AllOf(HasSubstr("a backup was made"),
                                HasSubstr(R"("bytes":1234)"))));
  backups.OnLook({.done = 1, .failed = 2, .last_error = "no space"});
  EXPECT_THAT(captured.Lines(),
              ElementsAre(AllOf(HasSubstr("a backup failed"),
                                HasSubstr(R"("detail":"no space")"))));
}

}  // namespace
}  // namespace segrid::app
