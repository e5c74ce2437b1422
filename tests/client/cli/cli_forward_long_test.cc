// `segrid forward` of input that is sent in parts.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstddef>
#include <fstream>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "client/testing/fake_server.h"
#include "client/testing/server_answers.h"
#include "tests/client/cli/program.h"
#include "tests/client/scratch_dir.h"

namespace segrid {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::Ran;
using tests::RunSegrid;

// A server that answers as a real one does. On a busy machine a try may take
// too long and be repeated: what counts are the parts, not the tries.
class SegridForwardLong : public ::testing::Test {
 protected:
  static std::string Events(int events) {
    std::string lines;
    for (int i = 0; i < events; ++i) {
      lines += R"({"event":"open","email":"ada@example.com",)"
               R"("timestamp":1591726752,"sg_event_id":")" +
               std::to_string(i) + "\"}\n";
    }
    return lines + "{}\n";  // Rejected.
  }
  Ran Forward(const std::string& input, std::vector<std::string> more = {},
              std::function<void(pid_t)> started = {}) {
    more.insert(more.begin(),
                {"forward", "--server", server_.address(), "--timeout", "10m"});
    return RunSegrid(more, {.input = input, .started = std::move(started)});
  }
  // The parts that the server has seen.
  std::set<std::string> Parts() const {
    std::set<std::string> parts;
    for (const auto& call : server_.forwards()) {
      parts.insert(call.webhook_json());
    }
    return parts;
  }
  // Answers so many parts, then fails.
  void AnswerOnly(std::size_t parts) {
    server_.OnForward(
        [this, parts](const auto& request) -> Result<v1::ForwardResponse> {
          if (Parts().size() <= parts) return testing::AnswerForward(request);
          Error error;
          error.code = ErrorCode::kFailedPrecondition;
          error.message = "the disk is full";
          return error;
        });
  }

  tests::ScratchDir dir_;
  testing::FakeServer server_;
};

TEST_F(SegridForwardLong, SendsLinesOfJsonInPartsAndAddsUp) {
  const Ran ran = Forward(Events(5'000));
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("events=5001 accepted=5000 duplicate=0 "
                                 "skipped=0 rejected=1 "));
  EXPECT_THAT(ran.out, HasSubstr("MISSING_EVENT       1         5000"));
  EXPECT_THAT(Parts(), SizeIs(3));
  EXPECT_EQ(ran.err, "");  // No bar where no terminal is.
}

TEST_F(SegridForwardLong, GoesOnWhereItStopped) {
  const std::string state = dir_.Path("state");
  AnswerOnly(2);
  const Ran stopped = Forward(Events(5'000), {"--resume", state});
  EXPECT_EQ(stopped.code, 1);
  EXPECT_THAT(stopped.err, HasSubstr("4000 of 5001 events are done"));
  EXPECT_THAT(stopped.err, HasSubstr("the disk is full"));

  server_.OnForward(testing::AnswerForward);
  const Ran resumed = Forward(Events(5'000), {"--resume", state});
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.out, HasSubstr("done-before=4000\nevents=1001 "));
  EXPECT_EQ(resumed.err, "");
  EXPECT_THAT(resumed.out, HasSubstr(" 5000  "));  // Its place in the whole.
  EXPECT_THAT(Parts(), SizeIs(3));  // Two, the one refused, no other.

  // Another body is another matter, whatever its name.
  const Ran other = Forward(Events(4'500), {"--resume", state});
  EXPECT_EQ(other.code, 0) << other.err;
  EXPECT_THAT(other.out, HasSubstr("events=4501 accepted=4500"));
  EXPECT_THAT(other.err, HasSubstr("is another body than the one that "));
  EXPECT_THAT(other.err, HasSubstr("so it is sent from its beginning"));
  const Ran nothing_left = Forward(Events(5'000), {"--resume", state});
  EXPECT_EQ(nothing_left.code, 0);
  EXPECT_THAT(nothing_left.out, HasSubstr("done-before=5001\nevents=0 "));
}

TEST_F(SegridForwardLong, RefusesAStateFileOfSomethingElse) {
  const std::string state = dir_.Path("state");
  std::ofstream(state) << "something else";
  const Ran ran = Forward(Events(1), {"--resume", state});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("is not what --progress or --resume keep"));
  EXPECT_THAT(server_.forwards(), IsEmpty());
}

TEST_F(SegridForwardLong, SaysAtCtrlCHowFarItCame) {
  pid_t command = 0;
  absl::Notification started;
  absl::Notification ended;
  std::once_flag asked_to_stop;
  server_.OnForward([&](const auto& request) {
    if (Parts().size() > 1) {  // The second part is never answered.
      started.WaitForNotification();
      std::call_once(asked_to_stop, [&] { kill(command, SIGINT); });
      ended.WaitForNotification();
    }
    return testing::AnswerForward(request);
  });
  const Ran ran = Forward(Events(5'000), {}, [&](pid_t pid) {
    command = pid;
    started.Notify();
  });
  ended.Notify();
  server_.Stop();  // Its answers use what ends here.
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("2000 of 5001 events are done, then "
                                 "CANCELLED (STOPPED)"));
}

}  // namespace
}  // namespace segrid
