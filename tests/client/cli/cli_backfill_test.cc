// `segrid backfill` against a server in this process.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "client/testing/fake_connection.h"
#include "client/testing/fake_server.h"
#include "client/testing/server_answers.h"
#include "core/http/gzip.h"
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
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  static std::string Event(int index) {
    return R"({"event":"open","email":"ada@example.com",)"
           R"("timestamp":1591726752,"sg_event_id":")" +
           std::to_string(index) + "\"}";
  }
  static std::string Sums(int events, int before, int bad, int accepted) {
    return "\"events\":" + std::to_string(events) +
           ",\"done_before\":" + std::to_string(before) +
           ",\"bad\":" + std::to_string(bad) +
           ",\"sent\":" + std::to_string(events - before - bad) +
           ",\"sources\":" + (events > before + bad ? "1" : "0") +
           ",\"accepted\":" + std::to_string(accepted);
  }
  static std::int64_t Number(const std::string& json, const std::string& key) {
    const std::size_t at = json.find("\"" + key + "\":");
    return at == std::string::npos
               ? -1
               : std::stoll(json.substr(at + key.size() + 3));
  }
  static std::string Read(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
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
                      "\",\"events\":4,\"done_before\":0,\"bad\":0,\"sent\":4,"
                      "\"sources\":1,\"accepted\":3,"
                      "\"duplicate\":0,\"skipped\":1,\"rejected\":0}",
                  "{\"file\":\"" + lines +
                      "\",\"events\":3,\"done_before\":0,\"bad\":0,\"sent\":3,"
                      "\"sources\":1,\"accepted\":2,"
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
  EXPECT_THAT(resumed.out, HasSubstr(Sums(3, 2, 0, 1)));
  const Ran nothing_left = Backfill({"--progress", progress, file});
  EXPECT_THAT(nothing_left.out, HasSubstr(Sums(3, 3, 0, 0)));
  EXPECT_THAT(server_.forwards(), SizeIs(3));
}

// What is done is known by its last event, not by the file's name alone.
TEST_F(SegridBackfill, BeginsAnewWhenTheFileIsAnotherOne) {
  const std::string progress = dir_.Path("progress");
  const std::string file = Write("a.ndjson", Event(1) + "\n" + Event(2));
  EXPECT_EQ(Backfill({"--progress", progress, file}).code, 0);
  Write("a.ndjson", Event(1) + "\n" + Event(2) + "\n" + Event(3));
  const Ran grown = Backfill({"--progress", progress, file});
  EXPECT_THAT(grown.out, HasSubstr(Sums(3, 2, 0, 1)));
  EXPECT_EQ(grown.err, "");
  Write("a.ndjson", Event(7) + "\n" + Event(8) + "\n" + Event(9));
  const Ran other = Backfill({"--progress", progress, file});
  EXPECT_THAT(other.out, HasSubstr(Sums(3, 0, 0, 3)));
  EXPECT_THAT(other.err, HasSubstr(": is another file than the one that the "
                                   "progress file knows by this name, so it is "
                                   "sent from its beginning\n"));
}

TEST_F(SegridBackfill, SaysOnceThatFurtherBadLinesAreOnlyCounted) {
  constexpr int kMaxNamed = 10'000;
  const auto bad_lines = [](int count) {
    std::string lines;
    for (int i = 0; i < count; ++i) lines += "{\n";
    return lines;
  };
  const std::string all = Write("all", bad_lines(kMaxNamed));
  const Ran named = Backfill({all});
  EXPECT_THAT(named.out, HasSubstr(Sums(kMaxNamed, 0, kMaxNamed, 0)));
  EXPECT_THAT(Lines(named.err), SizeIs(kMaxNamed));
  const std::string more = Write("more", bad_lines(kMaxNamed + 2));
  const std::string rejected = dir_.Path("rejected");
  const Ran cut = Backfill({"--rejected", rejected, more});
  EXPECT_THAT(cut.out, HasSubstr(Sums(kMaxNamed + 2, 0, kMaxNamed + 2, 0)));
  EXPECT_THAT(Lines(cut.err), SizeIs(kMaxNamed + 1));
  EXPECT_THAT(Lines(cut.err).back(),
              HasSubstr("10000 are named; further ones are counted, and "
                        "--rejected FILE has them all"));
  EXPECT_EQ(Read(rejected), bad_lines(kMaxNamed + 2));
}

TEST_F(SegridBackfill, TakesBodiesOneAfterTheOther) {
  const std::string file = Write("a", "[" + Event(1) + ",\r\n" + Event(2) +
                                          "]\r\n[" + Event(3) + "]\r\n[]");
  EXPECT_THAT(Backfill({file}).out, HasSubstr(Sums(3, 0, 0, 3)));
}

TEST_F(SegridBackfill, LeavesBadLinesOutAndNamesEach) {
  const std::string bad_line = R"({"email": "ada@example.com", "event": "ope)";
  const std::string no_address = R"({"event":"open","timestamp":1})";
  const std::string file =
      Write("a.ndjson", Event(1) + "\r\n" + bad_line + "\r\n" + Event(2) +
                            "\n" + no_address + "\nnope\n" + Event(3) + "\n");
  const std::string rejected = dir_.Path("rejected");
  const Ran ran = Backfill({"--rejected", rejected, file});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out, HasSubstr("\"events\":6,\"done_before\":0,\"bad\":2,"
                                 "\"sent\":4,\"sources\":1,\"accepted\":3,"
                                 "\"duplicate\":0,\"skipped\":0,"
                                 "\"rejected\":1}"));
  const std::string named = "segrid: " + file + ": line ";
  EXPECT_THAT(ran.err,
              HasSubstr(named + "2, byte 85 (event 1): not JSON: a string has "
                                "no end in its line (byte 128)\n"));
  EXPECT_THAT(ran.err, HasSubstr(named + "4, byte 213 (event 3): rejected: "
                                         "MISSING_EMAIL\n"));
  EXPECT_THAT(ran.err, HasSubstr(named + "5, byte 244 (event 4): "));
  EXPECT_THAT(Lines(Read(rejected)), ::testing::UnorderedElementsAre(
                                         bad_line + "\r", no_address, "nope"));
}

// The last line is looked at again: it may have been written half.
TEST_F(SegridBackfill, SendsALineThatBecameWholeOnceAndNoOtherTwice) {
  const std::string progress = dir_.Path("progress");
  const std::string rejected = dir_.Path("rejected");
  const std::string whole = Event(1) + "\n" + Event(2) + "\nbad\n" + Event(3);
  std::vector<std::string> arguments = {"--progress", progress, "--rejected",
                                        rejected};
  std::int64_t accepted = 0;
  for (std::size_t size = 0; size <= whole.size(); size += 7) {
    const std::string file = Write("a.ndjson", whole.substr(0, size));
    std::vector<std::string> now = arguments;
    now.push_back(file);
    const Ran ran = Backfill(now);
    EXPECT_EQ(ran.code, 0) << ran.err;
    accepted += Number(ran.out, "accepted");
    EXPECT_EQ(Number(ran.out, "events"), Number(ran.out, "done_before") +
                                             Number(ran.out, "bad") +
                                             Number(ran.out, "sent"))
        << ran.out;
  }
  arguments.push_back(Write("a.ndjson", whole + "\n"));
  accepted += Number(Backfill(arguments).out, "accepted");
  EXPECT_EQ(accepted, 3);
  EXPECT_EQ(Read(rejected), "bad\n");
}

TEST_F(SegridBackfill, SendsNothingTwiceOfAFileThatGrows) {
  const std::string progress = dir_.Path("progress");
  std::string text;
  std::int64_t sent = 0;
  for (int day = 0; day < 10; ++day) {
    for (int i = 0; i < 3; ++i) text += Event(3 * day + i) + "\n";
    const std::string file = Write("a.ndjson", text);
    const Ran ran = Backfill({"--progress", progress, file});
    EXPECT_EQ(Number(ran.out, "done_before"), 3 * day);
    sent += Number(ran.out, "sent");
  }
  EXPECT_EQ(sent, 30);
}

TEST_F(SegridBackfill, TakesWhatIsPacked) {
  const std::string file =
      Write("a.gz", *http::Gzip(Event(1) + "\n" + Event(2)) +
                        *http::Gzip("[" + Event(3) + "]"));
  EXPECT_THAT(Backfill({file}).out, HasSubstr(Sums(3, 0, 0, 3)));
  const std::string cut = *http::Gzip(Event(1) + "\n" + Event(2) + "\n");
  Write("a.gz", cut.substr(0, cut.size() - 4));
  const std::string good = Write("b", Event(4));
  const Ran ran = Backfill({file, good});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("a.gz: the gzip is cut off"));
  EXPECT_THAT(ran.err, HasSubstr("1 of 2 files could not be read to the end"));
  EXPECT_THAT(ran.out, HasSubstr(Sums(2, 0, 0, 2)));
  EXPECT_THAT(ran.out, HasSubstr(Sums(1, 0, 0, 1)));
}

TEST_F(SegridBackfill, LeavesOutWhatOnlyTheServerRefuses) {
  server_.OnForward([](const auto& request) -> Result<v1::ForwardResponse> {
    if (request.webhook_json().find("\"2\"") == std::string::npos) {
      return testing::AnswerForward(request);
    }
    Error error;
    error.code = ErrorCode::kInvalidArgument;
    error.reason = "INVALID_JSON";
    error.message = "no";
    return error;
  });
  const std::string file =
      Write("a", Event(1) + "\n" + Event(2) + "\n" + Event(3));
  const Ran ran = Backfill({file});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out, HasSubstr(Sums(3, 0, 1, 2)));
  EXPECT_THAT(ran.err, HasSubstr("(event 1): the server refuses it: no"));
}

TEST_F(SegridBackfill, KeepsASecondRunAway) {
  const std::string progress = dir_.Path("progress");
  const std::string file = Write("a", Event(1));
  Ran second;
  server_.OnForward([&](const auto& request) {
    second = Backfill({"--progress", progress, file});
    return testing::AnswerForward(request);
  });
  EXPECT_EQ(Backfill({"--progress", progress, file}).code, 0);
  EXPECT_EQ(second.code, 1);
  EXPECT_THAT(second.err, HasSubstr("another run uses it"));
  EXPECT_THAT(server_.forwards(), SizeIs(1));
}

TEST_F(SegridBackfill, ReadsALineOfAnyLengthInBoundedMemory) {
  const std::string file = dir_.Path("a");
  {
    // Not as one string: what this process has counts for what it starts.
    std::ofstream out(file, std::ios::binary);
    out << Event(1) << "\n{\"a\":\"";
    const std::string block(100'000, 'x');
    for (int i = 0; i < 1'000; ++i) out << block;
    out << "\"}\n" << Event(2) << "\n";
  }
  const Ran ran = Backfill({file});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out, HasSubstr(Sums(3, 0, 1, 2)));
  EXPECT_THAT(ran.err, HasSubstr("line 2, byte 84 (event 1): it is longer than "
                                 "4 MiB, which no event is"));
  EXPECT_LT(ran.max_rss_bytes, 100'000'000);
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
  EXPECT_THAT(Backfill({bad}).err, HasSubstr("line 1, byte 1 (event 0)"));
  EXPECT_EQ(Backfill({dir_.Path("missing")}).code, 1);
  const Ran ran = Backfill({"--progress", bad, Write("other", "[]")});
  EXPECT_THAT(ran.err, HasSubstr("is not what --progress"));
  EXPECT_THAT(Backfill({"--rejected", bad, bad}).err,
              HasSubstr("must be other files"));
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
