#include "core/receivers/segment/write_key_check.h"

#include <gtest/gtest.h>

#include <optional>

#include "absl/synchronization/notification.h"
#include "core/pool/thread_pool.h"
#include "tests/testing/scripted_server.h"

namespace segrid::receivers::segment {
namespace {

// The answer for what `script` replies.
WriteKeyAnswer Ask(testing::ScriptedServer::Script script,
                   std::vector<testing::Seen>* seen = nullptr) {
  base::SystemClock clock;
  testing::ScriptedServer server(std::move(script));
  auto pool = pool::ThreadPool::Create(1);
  auto check = WriteKeyCheck::Create({.write_key = base::Secret("canarykey"),
                                      .endpoint = server.url() + "/base",
                                      .tls = {.ca_file = server.ca_file()},
                                      .timeout = absl::Milliseconds(300)},
                                     (*pool)->io(), clock);
  EXPECT_TRUE(check.ok()) << check.status();
  absl::Notification done;
  WriteKeyAnswer answer = WriteKeyAnswer::kNoAnswer;
  (*check)->Ask([&](WriteKeyAnswer given) {
    answer = given;
    done.Notify();
  });
  done.WaitForNotification();
  if (seen != nullptr) *seen = server.seen();
  (*pool)->Stop();
  return answer;
}

testing::ScriptedServer::Script Status(int status) {
  return [status](const testing::Seen&) {
    testing::Reply reply;
    reply.status = status;
    return reply;
  };
}

TEST(WriteKeyCheck, TakesOnlyTwoAnswersForOnes) {
  std::vector<testing::Seen> seen;
  EXPECT_EQ(Ask(Status(200), &seen), WriteKeyAnswer::kKnown);
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].method, "GET");
  EXPECT_EQ(seen[0].target, "/base/v1/projects/canarykey/settings");
  EXPECT_EQ(seen[0].Header("content-length"), "");
  EXPECT_EQ(Ask(Status(404)), WriteKeyAnswer::kUnknown);
  for (const int status : {204, 301, 401, 403, 429, 500, 503}) {
    EXPECT_EQ(Ask(Status(status)), WriteKeyAnswer::kNoAnswer) << status;
  }
  for (const auto kind :
       {testing::Reply::Kind::kClose, testing::Reply::Kind::kGarbage,
        testing::Reply::Kind::kHang}) {
    EXPECT_EQ(Ask([kind](const testing::Seen&) {
                testing::Reply reply;
                reply.kind = kind;
                return reply;
              }),
              WriteKeyAnswer::kNoAnswer);
  }
}

TEST(WriteKeyCheck, NeverRepeatsWhatItWasGiven) {
  base::SystemClock clock;
  auto pool = pool::ThreadPool::Create(1);
  const auto check = WriteKeyCheck::Create(
      {.write_key = base::Secret("canarykey"), .endpoint = "ftp://canary"},
      (*pool)->io(), clock);
  ASSERT_FALSE(check.ok());
  EXPECT_EQ(std::string(check.status().message()).find("canary"),
            std::string::npos);
  (*pool)->Stop();
}

}  // namespace
}  // namespace segrid::receivers::segment
