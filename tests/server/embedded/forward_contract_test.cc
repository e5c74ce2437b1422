// Forward keeps one contract, whoever asks: a host of the embedded mode, its
// neighbour at the gRPC door, and a client of the server.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/client.h"
#include "server/embedded/embedded.h"
#include "tests/client/scratch_dir.h"
#include "tests/server/testing/running_server.h"

namespace segrid {
namespace {

// The embedded mode with the sources of the server.
std::unique_ptr<Embedded> StartEmbedded(const tests::ScratchDir& dir) {
  auto embedded = Embedded::Start(
      {.config_text = "grpc: {listen: [\"127.0.0.1:0\"]}\n"
                      "sources:\n"
                      "  - {name: first, receiver: file, path: 1.ndjson}\n"
                      "  - {name: second, receiver: file, path: 2.ndjson}\n",
       .data_dir = dir.Path("data"),
       .grpc_door = true});
  EXPECT_TRUE(embedded.ok()) << embedded.error();
  return *std::move(embedded);
}

class ForwardContract : public ::testing::Test {
 protected:
  ForwardContract()
      : host_(StartEmbedded(host_dir_)),
        neighbour_(StartEmbedded(neighbour_dir_)) {
    ways_.emplace_back("host", Client(host_->connection()));
    ways_.emplace_back(
        "neighbour",
        *Client::Connect({.address = neighbour_->grpc_addresses().at(0)}));
    ways_.emplace_back("server",
                       *Client::Connect({.address = server_.address()}));
  }

  // The same answer from all, or the same error. Gives the answer, or none.
  v1::ForwardResponse Forward(const v1::ForwardRequest& request) {
    const auto first = ways_[0].second.Forward(request);
    for (const auto& [name, client] : ways_) {
      const auto answer = client.Forward(request);
      SCOPED_TRACE(name);
      EXPECT_EQ(answer.ok(), first.ok());
      if (answer.ok() != first.ok()) continue;
      if (answer.ok()) {
        // The host has been asked once more than the others.
        if (&client != &ways_[0].second) {
          EXPECT_EQ(answer->SerializeAsString(), first->SerializeAsString())
              << answer->ShortDebugString() << first->ShortDebugString();
        }
        continue;
      }
      const Error& error = answer.error();
      EXPECT_EQ(error.code, first.error().code);
      EXPECT_EQ(error.reason, first.error().reason);
      EXPECT_EQ(error.message, first.error().message);
      EXPECT_EQ(error.field_violations.size(),
                first.error().field_violations.size());
    }
    reason_ = first.ok() ? "" : first.error().reason;
    return first.ok() ? *first : v1::ForwardResponse();
  }

  static v1::ForwardRequest Json(std::string body) {
    v1::ForwardRequest request;
    request.set_webhook_json(std::move(body));
    return request;
  }

  const tests::ScratchDir host_dir_;
  const tests::ScratchDir neighbour_dir_;
  const std::unique_ptr<Embedded> host_;
  const std::unique_ptr<Embedded> neighbour_;
  testing::RunningServer server_;
  std::vector<std::pair<std::string, Client>> ways_;
  std::string reason_;  // Of the last error; "" for an answer.
};

TEST_F(ForwardContract, AcceptsOnceAndCountsDuplicates) {
  v1::ForwardResponse answer = Forward(Json(testing::OpenEvents(5)));
  EXPECT_EQ(answer.accepted_count(), 10);
  answer = Forward(Json(testing::OpenEvents(7)));
  EXPECT_EQ(answer.accepted_count(), 4);
  EXPECT_EQ(answer.duplicate_count(), 10);
}

TEST_F(ForwardContract, TakesTypedEventsAndNamedSources) {
  v1::ForwardRequest request;
  v1::SendGridEvent& event = *request.add_events();
  event.set_event("click");
  event.set_email("Ada@Example.com");
  event.set_timestamp(1'591'726'752);
  event.set_sg_event_id("typed");
  request.add_events()->set_event("click");
  request.add_sources(std::string("second"));
  request.set_wait(v1::WAIT_DELIVERED);
  const v1::ForwardResponse answer = Forward(request);
  EXPECT_EQ(answer.accepted_count(), 1);
  EXPECT_EQ(answer.delivered_count(), 1);
  EXPECT_EQ(answer.rejected_count(), 1);
  EXPECT_EQ(answer.sources(0).source(), "second");
}

TEST_F(ForwardContract, TellsIssuesByTheirIndex) {
  const v1::ForwardResponse answer = Forward(
      Json(R"([{}, 7, {"event":"deferred","email":"a","timestamp":1},)"
           R"({"event":"open","email":"a","timestamp":0},)"
           R"({"event":"open","timestamp":1},{"event":"never heard of"}])"));
  EXPECT_EQ(answer.issues_size(), 6);
  EXPECT_EQ(answer.accepted_count(), 0);
}

TEST_F(ForwardContract, RefusesTheSame) {
  v1::ForwardRequest both = Json("[]");
  both.add_events();
  v1::ForwardRequest unknown = Json("[]");
  unknown.add_sources(std::string("nobody"));
  std::string many = "[0";
  for (int i = 0; i < 10'000; ++i) many += ",0";
  const std::vector<std::pair<v1::ForwardRequest, std::string>> rows = {
      {v1::ForwardRequest(), "NO_INPUT"}, {both, "TWO_INPUTS"},
      {Json("{]"), "INVALID_JSON"},       {Json("{}"), "NOT_AN_ARRAY"},
      {unknown, "UNKNOWN_SOURCE"},
  };
  for (const auto& [request, reason] : rows) {
    Forward(request);
    EXPECT_EQ(reason_, reason);
  }
}

}  // namespace
}  // namespace segrid
