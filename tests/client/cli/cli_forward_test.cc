// `segrid forward` against a scripted server.

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/client/cli/fake_segrid.h"
#include "tests/client/cli/program.h"

namespace segrid {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::Lines;
using tests::Ran;
using tests::RunSegrid;

class SegridForward : public ::testing::Test {
 protected:
  SegridForward() {
    answer_.set_event_count(5);
    answer_.set_accepted_count(3);
    answer_.set_duplicate_count(1);
    answer_.set_skipped_count(4);
    answer_.set_rejected_count(2);
    for (const char* name : {"prod", "test"}) {
      const bool first = answer_.sources().empty();
      v1::SourceResult* source = answer_.add_sources();
      source->set_source(name);
      source->set_accepted_count(first ? 2 : 1);
      source->set_duplicate_count(first ? 0 : 1);
      source->set_skipped_count(2);
      source->set_rejected_count(1);
    }
    for (const int index : {2, 4}) {
      v1::EventIssue* issue = answer_.add_issues();
      issue->set_index(index);
      issue->set_outcome(v1::OUTCOME_REJECTED);
      issue->set_reason(v1::REASON_BAD_TIMESTAMP);
      issue->set_detail("must be positive");
    }
    bridge_.forward = [this](auto&, const auto& request, auto& response) {
      request_ = request;
      response = answer_;
      return grpc::Status::OK;
    };
  }

  Ran Forward(std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"forward", "--server", server_.address()});
    return RunSegrid(more, {.input = "[{},{},{},{},{}]"});
  }

  v1::ForwardResponse answer_;
  v1::ForwardRequest request_;
  tests::FakeBridge bridge_;
  tests::FakeServer server_{bridge_};
};

TEST_F(SegridForward, PrintsTheCountsOfEachSourceAndTheReasons) {
  const Ran ran = Forward();
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(
      Lines(ran.out),
      ElementsAre("events=5 accepted=3 duplicate=1 skipped=4 rejected=2 "
                  "coerced=0 dropped=0",
                  "SOURCE  ACCEPTED  DUPLICATE  SKIPPED  REJECTED",
                  "prod           2          0        2         1",
                  "test           1          1        2         1",
                  "OUTCOME   REASON         ISSUES  FIRST EVENT  DETAIL",
                  "rejected  BAD_TIMESTAMP       2            2  must be "
                  "positive"));
  EXPECT_EQ(request_.webhook_json(), "[{},{},{},{},{}]");
  EXPECT_THAT(request_.sources(), IsEmpty());
  EXPECT_EQ(request_.wait(), v1::WAIT_ACCEPTED);
}

TEST_F(SegridForward, SendsTheSources) {
  EXPECT_EQ(Forward({"--source", "a", "--source", "b", "-"}).code, 0);
  EXPECT_THAT(request_.sources(), ElementsAre("a", "b"));
}

TEST_F(SegridForward, PrintsTheAnswerAsJson) {
  const Ran ran = Forward({"--json"});
  EXPECT_EQ(ran.code, 0);
  ASSERT_THAT(Lines(ran.out), SizeIs(1));
  v1::ForwardResponse printed;
  ASSERT_TRUE(
      google::protobuf::util::JsonStringToMessage(ran.out, &printed).ok());
  EXPECT_EQ(printed.SerializeAsString(), answer_.SerializeAsString());
  // Also what is zero, so that programs need no defaults.
  EXPECT_THAT(ran.out, HasSubstr("\"pending_count\":0"));
}

TEST_F(SegridForward, WaitsForDeliveryWhenAsked) {
  answer_.set_delivered_count(3);
  const Ran ran = Forward({"--wait"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(request_.wait(), v1::WAIT_DELIVERED);
  EXPECT_THAT(ran.out, HasSubstr("delivered=3 pending=0 dead-letters=0\n"));
}

TEST_F(SegridForward, FailsWhenNotAllIsDelivered) {
  answer_.set_delivered_count(1);
  answer_.set_pending_count(1);
  answer_.set_dead_letter_count(1);
  const Ran ran = Forward({"--wait"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.out, HasSubstr("delivered=1 pending=1 dead-letters=1\n"));
  EXPECT_THAT(Lines(ran.err), SizeIs(1));
  EXPECT_THAT(ran.err,
              HasSubstr("1 Track is still queued (the server goes on), 1 is "
                        "a dead letter"));
}

TEST_F(SegridForward, CallsNoImpossibleAnswerSuccess) {
  answer_.Clear();
  const Ran empty = Forward();
  EXPECT_EQ(empty.code, 1);
  EXPECT_EQ(empty.out, "");
  EXPECT_THAT(empty.err, HasSubstr("IMPOSSIBLE_ANSWER"));
  EXPECT_THAT(empty.err, HasSubstr("event_count is 0 for 5 events"));
  answer_.set_event_count(5);
  answer_.set_accepted_count(-1);
  EXPECT_THAT(Forward({"--json"}).err, HasSubstr("accepted_count is -1"));
}

TEST_F(SegridForward, SaysInOneLineWhyItFailed) {
  bridge_.forward = [](auto&, const auto&, auto&) {
    return grpc::Status(grpc::NOT_FOUND, "no source\n'x'");
  };
  const Ran ran = Forward();
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.out, IsEmpty());
  EXPECT_EQ(ran.err, "segrid: NOT_FOUND: no source 'x'\n");
}

TEST_F(SegridForward, RefusesAnEmptyBodyByItself) {
  const Ran ran =
      RunSegrid({"forward", "--server", server_.address()}, {.input = ""});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("standard input: the body is empty"));
}

TEST_F(SegridForward, EndsAtItsTimeout) {
  bridge_.forward = [](auto& context, const auto&, auto&) {
    while (!context.IsCancelled()) std::this_thread::yield();
    return grpc::Status::CANCELLED;
  };
  const Ran ran = Forward({"--timeout", "100ms"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("DEADLINE_EXCEEDED: no answer from"));
}

}  // namespace
}  // namespace segrid
