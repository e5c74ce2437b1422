#include "server/rpc/erase_person.h"

#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "tests/server/testing/running_server.h"

namespace segrid::rpc {
namespace {

namespace api = ::segrid::v1;
using testing::OpenEvents;
using testing::ReasonOf;
using testing::RunningServer;

class ErasePersonTest : public ::testing::Test {
 protected:
  grpc::Status Erase(const api::ErasePersonRequest& request) {
    grpc::ClientContext context;
    erased_ = {};
    return server_.admin().ErasePerson(&context, request, &erased_);
  }
  // The recipient of OpenEvents().
  static api::ErasePersonRequest Recipient() {
    api::ErasePersonRequest request;
    request.set_email("ADA@example.com");
    return request;
  }
  api::SourceStatus First() {
    grpc::ClientContext context;
    api::GetStatusResponse response;
    EXPECT_TRUE(server_.admin().GetStatus(&context, {}, &response).ok());
    return response.status().sources(0);
  }
  grpc::Status Forward(int events, api::Wait wait) {
    api::ForwardRequest request;
    request.set_webhook_json(OpenEvents(events));
    request.add_sources(std::string("first"));
    request.set_wait(wait);
    grpc::ClientContext context;
    return server_.bridge().Forward(&context, request, &forwarded_);
  }

  RunningServer server_;
  api::ErasePersonResponse erased_;
  api::ForwardResponse forwarded_;
};

TEST_F(ErasePersonTest, NamesWhatADeliveryHasAlready) {
  server_.gate(0).Close();
  ASSERT_TRUE(Forward(3, api::WAIT_ACCEPTED).ok());
  ASSERT_TRUE(server_.gate(0).WaitForWaiting());
  ASSERT_TRUE(Erase(Recipient()).ok());
  ASSERT_EQ(erased_.sources_size(), 1);
  EXPECT_EQ(erased_.sources(0).source(), "first");
  EXPECT_EQ(erased_.sources(0).pending_count(), 3);
  EXPECT_EQ(erased_.sources(0).in_flight_count(), 3);
  EXPECT_EQ(First().purged_count(), 3);
  EXPECT_EQ(First().pending_count(), 0);
  server_.gate(0).Open();
}

// It would wait for its deadline: nobody delivers what was erased.
TEST_F(ErasePersonTest, EndsTheWaitForADeliveryThatNeverComes) {
  server_.gate(0).Close();
  grpc::Status answered;
  std::thread waits([&] { answered = Forward(1, api::WAIT_DELIVERED); });
  EXPECT_TRUE(server_.gate(0).WaitForWaiting());
  EXPECT_TRUE(Erase(Recipient()).ok());
  waits.join();
  EXPECT_TRUE(answered.ok()) << answered.error_message();
  EXPECT_EQ(forwarded_.pending_count(), 0);
  server_.gate(0).Open();
}

TEST_F(ErasePersonTest, RefusesAPersonThatIsNone) {
  struct Case {
    const char* name;
    const char* email;
    const char* user_id;
    const char* source;
    const char* reason;
  };
  const std::string long_text(1'001, 'a');
  for (const Case& c :
       {Case{"nobody", "", "", "", "BAD_PERSON"},
        Case{"two", "a@example.com", "7", "", "BAD_PERSON"},
        Case{"blank", " ", "", "", "BAD_PERSON"},
        Case{"long", long_text.c_str(), "", "", "BAD_PERSON"},
        Case{"source", "a@example.com", "", "nobody", "UNKNOWN_SOURCE"}}) {
    api::ErasePersonRequest request;
    request.set_email(c.email);
    request.set_user_id(c.user_id);
    request.set_source(c.source);
    const grpc::Status status = Erase(request);
    EXPECT_EQ(ReasonOf(status), c.reason) << c.name;
    EXPECT_EQ(status.error_message().find("a@example"), std::string::npos);
  }
}

}  // namespace
}  // namespace segrid::rpc
