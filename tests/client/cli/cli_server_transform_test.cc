// `segrid transform --server`, JSON and typed, gives what it gives alone.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/client/cli/fake_segrid.h"
#include "tests/client/cli/program.h"
#include "tests/testing/data_files.h"

namespace segrid {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::Lines;
using tests::Ran;
using tests::RunSegrid;

class SegridTransformByServer : public ::testing::Test {
 protected:
  SegridTransformByServer() {
    bridge_.transform = [](auto&, const auto& request, auto& response) {
      return tests::TransformForReal(request, response);
    };
  }

  static Ran Transform(const std::string& body,
                       const std::vector<std::string>& more = {}) {
    std::vector<std::string> words = {"transform", "--format", "outcomes"};
    words.insert(words.end(), more.begin(), more.end());
    return RunSegrid(words, {.input = body});
  }
  Ran ByServer(const std::string& body, std::vector<std::string> more = {}) {
    more.emplace_back("--server");
    more.push_back(server_.address());
    return Transform(body, more);
  }

  tests::FakeBridge bridge_;
  tests::FakeServer server_{bridge_};
};

TEST_F(SegridTransformByServer, GivesTheSameLinesForEveryRealBody) {
  const auto bodies = testing::RealBodies();
  EXPECT_GT(bodies.size(), 50u);
  for (const auto& [name, body] : bodies) {
    const Ran here = Transform(body);
    const Ran json = ByServer(body);
    const Ran typed = ByServer(body, {"--typed"});
    ASSERT_EQ(here.code, 0) << name << here.err;
    EXPECT_EQ(json.out, here.out) << name;
    EXPECT_EQ(json.err, here.err) << name;
    EXPECT_EQ(typed.out, here.out) << name << typed.err;
  }
}

// Elements that are no objects stand before, between and after what is sent.
TEST_F(SegridTransformByServer, KeepsTheIndicesOfABodyThatIsSentTyped) {
  const std::string body =
      R"([1,null,{},{"event":"open","email":"a@b.c","timestamp":1},"x",)"
      R"({"event":"deferred","email":"a@b.c","timestamp":1},[],)"
      R"({"event":"click","email":"a@b.c","timestamp":1,"asm_group_id":"7",)"
      R"("attempt":"x"},{"email":5,"event":"open","timestamp":1},{},false,[{}]])";
  const Ran here = Transform(body);
  const Ran typed = ByServer(body, {"--typed"});
  ASSERT_EQ(here.code, 0) << here.err;
  EXPECT_THAT(Lines(here.out), SizeIs(12));
  EXPECT_EQ(typed.out, here.out);
  EXPECT_THAT(typed.err, HasSubstr("events=12 tracks=2 skipped=1 rejected=9 "));
}

// Nothing is left to send, but the server still has its say.
TEST_F(SegridTransformByServer, GivesTheSameForABodyWithoutAnyObject) {
  for (const char* body : {"[]", "[1,2,3]", "[null]"}) {
    const Ran typed = ByServer(body, {"--typed"});
    EXPECT_EQ(typed.code, 0) << typed.err;
    EXPECT_EQ(typed.out, Transform(body).out);
  }
  bridge_.transform = [](auto&, const auto& request, auto&) {
    EXPECT_EQ(request.webhook_json(), "[]");
    return grpc::Status(grpc::NOT_FOUND, "no such source");
  };
  EXPECT_EQ(ByServer("[1]", {"--typed"}).code, 1);
}

TEST_F(SegridTransformByServer, RefusesTypedWhatTypedTimesCannotExpress) {
  const struct {
    const char* timestamp;
    bool is_typed;
  } rows[] = {
      {"1591726752", true},   {"1591726752.512", true},
      {"1591726752.0", true}, {"\"2020-06-09T18:19:12.5Z\"", true},
      {"100000000000", true}, {"99999999999", true},
      {"0.5", false},         {"99999999.9", false},
      {"100000000.0", true},  {"\"1970-01-01T00:00:00.001Z\"", false},
      {"-0.5", true},         {"\"9999-12-31T23:59:59Z\"", false},
      {"0.0001", true},       {"\"9999-12-31T23:59:59.5Z\"", true},
      {"\"no time\"", true},
  };
  for (const auto& row : rows) {
    const std::string body =
        std::string(R"([1,{"event":"open","email":"a@b.c","timestamp":)") +
        row.timestamp + "}]";
    const Ran typed = ByServer(body, {"--typed"});
    EXPECT_EQ(typed.code, row.is_typed ? 0 : 1) << row.timestamp;
    if (row.is_typed) {
      EXPECT_EQ(typed.out, Transform(body).out) << row.timestamp;
    } else {
      EXPECT_THAT(typed.err,
                  HasSubstr("element 1 has a timestamp that no typed event can "
                            "express, because typed times are whole seconds, "
                            "or milliseconds from 100000000000 on; send it as "
                            "JSON, without --typed"));
    }
  }
}

TEST_F(SegridTransformByServer, KnowsThatTheLastOfTwoArgumentsCounts) {
  const std::string body =
      R"([{"event":"open","email":"a@b.c","timestamp":1,"subject":"one",)"
      R"("subject":"two"},{"event":"open","email":"a@b.c","timestamp":1,)"
      R"("subject":"one","subject":null}])";
  EXPECT_EQ(ByServer(body, {"--typed"}).out, Transform(body).out);
}

TEST_F(SegridTransformByServer, SaysInOneLineThatTheBodyIsNoArray) {
  for (const char* body : {"{", "[", "[{\"event\":\"\xff}]"}) {
    for (const std::vector<std::string>& more :
         {std::vector<std::string>{}, {"--typed"}}) {
      const Ran ran = ByServer(body, more);
      EXPECT_EQ(ran.code, 1) << body;
      EXPECT_THAT(ran.out, IsEmpty());
      EXPECT_THAT(Lines(ran.err), SizeIs(1));
      EXPECT_THAT(ran.err, HasSubstr("not JSON: "));
    }
  }
}

TEST_F(SegridTransformByServer, SendsTheSourceAndTheForm) {
  std::vector<v1::TransformRequest> requests;
  bridge_.transform = [&](auto&, const auto& request, auto& response) {
    requests.push_back(request);
    return tests::TransformForReal(request, response);
  };
  const std::string body =
      R"([{"event":"open","email":"a@b.c","timestamp":1}])";
  EXPECT_EQ(ByServer(body, {"--source", "prod"}).code, 0);
  EXPECT_EQ(ByServer(body, {"--source", "prod", "--typed"}).code, 0);
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].webhook_json(), body);
  EXPECT_EQ(requests[0].output(), v1::OUTPUT_BATCH_JSON);
  EXPECT_EQ(requests[1].events(0).email(), "a@b.c");
  EXPECT_EQ(requests[1].output(), v1::OUTPUT_TRACKS);
  for (const auto& request : requests) EXPECT_EQ(request.source(), "prod");
}

// Programs outlive the servers of their day.
TEST_F(SegridTransformByServer, ShowsReasonsOfANewerServerByTheirNumbers) {
  bridge_.transform = [](auto&, const auto&, auto& response) {
    response.set_batch_json(R"({"batch":[]})");
    response.set_event_count(2);
    response.set_skipped_count(1);
    response.set_rejected_count(1);
    for (int i = 0; i < 2; ++i) {
      v1::EventIssue* issue = response.add_issues();
      issue->set_index(i);
      issue->set_reason(static_cast<v1::Reason>(99 + i));
      issue->set_outcome(i == 0 ? v1::OUTCOME_SKIPPED : v1::OUTCOME_REJECTED);
    }
    return grpc::Status::OK;
  };
  const Ran ran = ByServer("[{},{}]");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out,
            "{\"index\":0,\"skipped\":\"99\"}\n"
            "{\"index\":1,\"rejected\":\"100\"}\n");
}

TEST_F(SegridTransformByServer, DoesNotTrustAnAnswerThatContradictsItself) {
  const std::string good = R"({"batch":[{"type":"track"}]})";
  const struct {
    const char* name;
    std::string batch;
    int events;
    int reason;
  } kCases[] = {
      {"too few Tracks", R"({"batch":[]})", 1, 0},
      {"too many Tracks", good, 0, 0},
      {"cut", R"({"batch":[{"type")", 1, 0},
      {"an unknown reason", good, 2, 99},
      {"an issue beyond the events", good, 1, 5},
  };
  for (const auto& test : kCases) {
    bridge_.transform = [&](auto&, const auto&, auto& response) {
      response.set_batch_json(test.batch);
      response.set_event_count(test.events);
      if (test.reason != 0) {
        v1::EventIssue* issue = response.add_issues();
        issue->set_index(1);
        issue->set_reason(static_cast<v1::Reason>(test.reason));
      }
      return grpc::Status::OK;
    };
    const Ran ran = ByServer("[{}]");
    EXPECT_EQ(ran.code, 1) << test.name;
    EXPECT_THAT(Lines(ran.err), SizeIs(1)) << test.name;
  }
}

}  // namespace
}  // namespace segrid
