// `segrid backfill` against a server in this process.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <mutex>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "client/testing/fake_connection.h"
#include "client/testing/fake_server.h"
#include "client/testing/server_answers.h"
#include "tests/client/cli/program.h"
#include "tests/client/scratch_dir.h"

namespace segrid {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using tests::Lines;
using tests::Ran;
using tests::RunSegrid;

class SegridBackfill : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = dir_.Path(name);
    std::ofstream(path) << text;
    return path;
  }
  static std::string Event(int index) {
    return R"({"event":"open","email":"ada@example.com",)"
           R"("timestamp":1591726752,"sg_event_id":")" +
           std::to_string(index) + "\"}";
  }
  Ran Backfill(std::vector<std::string> more) {
    more.insert(more.begin(), {"backfill", "--server", server_.address(),
                               "--batch", "2", "--rate", "100000", "--json"});
    return RunSegrid(more);
  }

  tests::ScratchDir dir_;
  testing::FakeServer server_;
};

TEST_F(SegridBackfill, SendsArraysAndLinesInPartsAndSumsUp) {
  const std::string array =
      Write("a.json", "[" + Event(1) + ",\r\n" + Event(2) + "," + Event(3) +
                          R"(,{"event":"deferred"}])");
  const std::string lines =
      Write("b.ndjson", Event(4) + "\n\n" + Event(5) + "\r\n{}");
  const Ran ran = Backfill({array, lines});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(
      Lines(ran.out),
      ElementsAre("{\"file\":\"" + array +
                      "\",\"events\":4,\"done_before\":0,\"accepted\":3,"
                      "\"duplicate\":0,\"skipped\":1,\"rejected\":0}",
                  "{\"file\":\"" + lines +
                      "\",\"events\":3,\"done_before\":0,\"accepted\":2,"
                      "\"duplicate\":0,\"skipped\":0,\"rejected\":1}"));
  EXPECT_THAT(server_.forwards(), SizeIs(4));
}

TEST_F(SegridBackfill, GoesOnWhereItStopped) {
  const std::string file =
      Write("a.ndjson", Event(1) + "\n" + Event(2) + "\n" + Event(3) + "\n");
  const std::string progress = dir_.Path("progress");
  int calls = 0;
  server_.OnForward([&](const auto& request) -> Result<v1::ForwardResponse> {
    if (++calls == 1) return testing::AnswerForward(request);
    Error error;
    error.code = ErrorCode::kFailedPrecondition;
    error.message = "the disk is full";
    return error;
  });
  const Ran stopped = Backfill({"--progress", progress, file});
  EXPECT_EQ(stopped.code, 1);
  EXPECT_THAT(stopped.err,
              HasSubstr("from event 2: FAILED_PRECONDITION: the disk is "
                        "full; the same command goes on"));

  server_.OnForward(testing::AnswerForward);
  const Ran resumed = Backfill({"--progress", progress, file});
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.out, HasSubstr("\"done_before\":2,\"accepted\":1"));
  const Ran nothing_left = Backfill({"--progress", progress, file});
  EXPECT_THAT(nothing_left.out, HasSubstr("\"done_before\":3,\"accepted\":0"));
  EXPECT_THAT(server_.forwards(), SizeIs(3));
}

// What is done is known by its last event, not by the file's name alone.
TEST_F(SegridBackfill, BeginsAnewWhenTheFileIsAnotherOne) {
  const std::string progress = dir_.Path("progress");
  const std::string file = Write("a.ndjson", Event(1) + "\n" + Event(2));
  EXPECT_EQ(Backfill({"--progress", progress, file}).code, 0);
  Write("a.ndjson", Event(1) + "\n" + Event(2) + "\n" + Event(3));
  EXPECT_THAT(Backfill({"--progress", progress, file}).out,
              HasSubstr("\"events\":3,\"done_before\":2,\"accepted\":1"));
  Write("a.ndjson", Event(7) + "\n" + Event(8) + "\n" + Event(9));
  EXPECT_THAT(Backfill({"--progress", progress, file}).out,
              HasSubstr("\"events\":3,\"done_before\":0,\"accepted\":3"));
}

TEST_F(SegridBackfill, TakesBodiesOneAfterTheOther) {
  const std::string file = Write("a", "[" + Event(1) + ",\r\n" + Event(2) +
                                          "]\r\n[" + Event(3) + "]\r\n[]");
  EXPECT_THAT(Backfill({file}).out,
              HasSubstr("\"events\":3,\"done_before\":0,\"accepted\":3"));
  const std::string bad = Write("b", Event(1) + "\n{cut\n" + Event(2));
  EXPECT_THAT(Backfill({bad}).err, HasSubstr("line 2: "));
}

TEST_F(SegridBackfill, SaysAtCtrlCHowFarItCame) {
  pid_t command = 0;
  absl::Notification started;
  absl::Notification ended;
  std::once_flag asked_to_stop;
  server_.OnForward([&](const auto& request) {
    if (server_.forwards().size() > 1) {  // The second part has no answer.
      started.WaitForNotification();
      std::call_once(asked_to_stop, [&] { kill(command, SIGINT); });
      ended.WaitForNotification();
    }
    return testing::AnswerForward(request);
  });
  const std::string file =
      Write("a.ndjson", Event(1) + "\n" + Event(2) + "\n" + Event(3));
  const Ran ran =
      RunSegrid({"backfill", "--server", server_.address(), "--batch", "2",
                 "--json", "--timeout", "10m", file},
                {.started = [&](pid_t pid) {
                  command = pid;
                  started.Notify();
                }});
  ended.Notify();
  server_.Stop();  // Its answers use what ends here.
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.out, HasSubstr("\"events\":2,"));
  EXPECT_THAT(ran.err, HasSubstr("from event 2: CANCELLED (STOPPED)"));
}

TEST_F(SegridBackfill, RefusesWhatItCannotRead) {
  const std::string bad = Write("bad", "[{]");
  EXPECT_THAT(Backfill({bad}).err, HasSubstr("neither a JSON array nor"));
  EXPECT_EQ(Backfill({dir_.Path("missing")}).code, 1);
  const Ran ran = Backfill({"--progress", bad, bad});
  EXPECT_THAT(ran.err, HasSubstr("is not what --progress"));
  EXPECT_EQ(Backfill({}).code, 2);
  EXPECT_EQ(Backfill({"--rate", "0", bad}).code, 2);
  EXPECT_EQ(Backfill({"--rate", "nan", bad}).code, 2);
  // Before anything is sent.
  EXPECT_THAT(
      Backfill({"--progress", dir_.Path("gone/x"), Write("good", "[{}]")}).err,
      HasSubstr("cannot be written"));
  EXPECT_THAT(server_.forwards(), SizeIs(0));
}

}  // namespace
}  // namespace segrid
