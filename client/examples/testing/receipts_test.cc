// A small service and its unit tests, which need no server.

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "client/client.h"
#include "client/testing/fake_connection.h"
#include "client/testing/fake_server.h"

namespace {

// The service: it tells Segrid that somebody opened a receipt.
class Receipts {
 public:
  explicit Receipts(segrid::Client client) : client_(std::move(client)) {}

  // Whether Segrid has the event.
  bool Opened(const std::string& email) const {
    segrid::v1::ForwardRequest request;
    segrid::v1::SendGridEvent& event = *request.add_events();
    event.set_event("open");
    event.set_email(email);
    event.set_timestamp(1591726752);
    event.set_sg_event_id("receipt-" + email);
    const auto response = client_.Forward(request);
    return response.ok() && response->rejected_count() == 0;
  }

 private:
  segrid::Client client_;
};

TEST(Receipts, SendsAnOpen) {
  const auto fake = std::make_shared<segrid::testing::FakeConnection>();
  const Receipts receipts{segrid::Client(fake)};

  EXPECT_TRUE(receipts.Opened("ada@example.com"));

  ASSERT_EQ(fake->forwards().size(), 1U);
  EXPECT_EQ(fake->forwards()[0].request.events(0).event(), "open");
}

TEST(Receipts, SaysWhenTheQueueIsFull) {
  const auto fake = std::make_shared<segrid::testing::FakeConnection>();
  fake->AddForward(segrid::testing::QueueFull(std::chrono::seconds(1)));
  const Receipts receipts{segrid::Client(fake)};

  EXPECT_FALSE(receipts.Opened("ada@example.com"));
}

TEST(Receipts, NoticesAnEventThatIsRejected) {
  const auto fake = std::make_shared<segrid::testing::FakeConnection>();
  const Receipts receipts{segrid::Client(fake)};

  EXPECT_FALSE(receipts.Opened(""));  // The fake has the real mapping.
}

TEST(Receipts, SpeaksToAServerOverTheWire) {
  const segrid::testing::FakeServer server;
  const auto client = segrid::Client::Connect({.address = server.address()});
  ASSERT_TRUE(client.ok()) << client.error();
  const Receipts receipts{*client};

  EXPECT_TRUE(receipts.Opened("ada@example.com"));

  EXPECT_EQ(server.forwards().size(), 1U);
}

}  // namespace
