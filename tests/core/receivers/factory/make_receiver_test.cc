#include "core/receivers/factory/make_receiver.h"

#include <memory>
#include <string>

#include "core/base/error_info.h"
#include "core/pool/thread_pool.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/scratch_dir.h"

namespace segrid::receivers {
namespace {

class MakeReceiverTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<Receiver>> Make(config::Source source) {
    return MakeReceiver(source, {.io = pool_->io(),
                                 .clock = clock_,
                                 .data_dir = scratch_.Path("data")});
  }

  tests::ScratchDir scratch_;
  base::SystemClock clock_;
  std::unique_ptr<pool::ThreadPool> pool_ = *pool::ThreadPool::Create(1);
};

TEST_F(MakeReceiverTest, MakesEachKind) {
  config::Source source;
  source.name = "prod";
  const auto segment = Make(source);
  ASSERT_TRUE(segment.ok()) << segment.status();
  EXPECT_EQ((*segment)->endpoint(), "https://api.segment.io/v1/batch");

  source.endpoint = "https://cdp.example:8443/v1";
  EXPECT_EQ((*Make(source))->endpoint(), "https://cdp.example:8443/v1/batch");

  source.receiver = "file";
  source.path = "tracks.ndjson";
  const auto file = Make(source);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->endpoint(), scratch_.Path("data/tracks.ndjson"));
}

TEST_F(MakeReceiverTest, NamesTheSourceThatIsWrong) {
  config::Source source;
  source.name = "prod";
  source.receiver = "pigeon";
  EXPECT_EQ(base::ReasonOf(Make(source).status()), "UNKNOWN_RECEIVER");
  EXPECT_THAT(std::string(Make(source).status().message()),
              ::testing::HasSubstr("'prod'"));
  source.receiver = "segment";
  source.endpoint = "gopher://x";
  EXPECT_EQ(base::ReasonOf(Make(source).status()), "BAD_ENDPOINT");
}

}  // namespace
}  // namespace segrid::receivers
