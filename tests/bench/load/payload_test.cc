#include "bench/load/payload.h"

#include <set>
#include <string>

#include "bench/echo/echo.pb.h"
#include "bench/load/event_json.h"
#include "gtest/gtest.h"
#include "segrid/v1/bridge.pb.h"

namespace segrid::bench {
namespace {

constexpr const char* kBody =
    R"([{"event":"open","email":"a@example.com","timestamp":1,)"
    R"("sg_event_id":"aaaaaaaaaaaaaaaaaaaaaa"},)"
    R"({"event":"open","email":"b@example.com","timestamp":2,)"
    R"("sg_event_id":"bbbbbbbbbbbbbbbbbbbbbb"}])";

PayloadOptions Options(Method method, Input input, std::int32_t batch) {
  PayloadOptions options;
  options.method = method;
  options.input = input;
  options.batch = batch;
  return options;
}

std::vector<Payload> Made(const PayloadOptions& options) {
  auto payloads = MakePayloads(options);
  EXPECT_TRUE(payloads.ok()) << payloads.status();
  return payloads.ok() ? *std::move(payloads) : std::vector<Payload>();
}

TEST(Payload, SendsTheSameEventsTypedAndAsJson) {
  const auto typed =
      Made(Options(Method::kTransform, Input::kTyped, 5)).front();
  const auto json = Made(Options(Method::kTransform, Input::kJson, 5)).front();
  segrid::v1::TransformRequest typed_request;
  segrid::v1::TransformRequest json_request;
  ASSERT_TRUE(typed_request.ParseFromString(typed.bytes));
  ASSERT_TRUE(json_request.ParseFromString(json.bytes));
  const auto elements = SplitBody(json_request.webhook_json());
  ASSERT_TRUE(elements.ok());
  ASSERT_EQ(typed_request.events_size(), 5);
  ASSERT_EQ(elements->size(), 5U);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(EventToJson(typed_request.events(i)),
              (*elements)[static_cast<std::size_t>(i)]);
  }
  EXPECT_EQ(typed.events, 5);
  EXPECT_EQ(json_request.output(), segrid::v1::OUTPUT_BATCH_JSON);
}

TEST(Payload, MakesDifferentRequestsWithinItsBounds) {
  PayloadOptions options = Options(Method::kTransform, Input::kJson, 10);
  EXPECT_EQ(Made(options).size(), 64U);
  std::set<std::string> different;
  for (const Payload& payload : Made(options)) different.insert(payload.bytes);
  EXPECT_EQ(different.size(), 64U);
  options.max_pool_bytes = 1;
  EXPECT_EQ(Made(options).size(), 1U);
}

TEST(Payload, SendsABodyAsItIsUnlessABatchSizeIsGiven) {
  PayloadOptions options = Options(Method::kTransform, Input::kJson, 0);
  options.bodies = {kBody};
  segrid::v1::TransformRequest request;
  const auto as_is = Made(options);
  ASSERT_EQ(as_is.size(), 1U);
  EXPECT_EQ(as_is[0].events, 2);
  ASSERT_TRUE(request.ParseFromString(as_is[0].bytes));
  EXPECT_EQ(request.webhook_json(), kBody);

  options.batch = 3;
  const auto cut = Made(options);
  EXPECT_EQ(cut[0].events, 3);
  ASSERT_TRUE(request.ParseFromString(cut[0].bytes));
  EXPECT_EQ(SplitBody(request.webhook_json())->size(), 3U);
}

TEST(Payload, SendsABrokenBodyTooButNotTyped) {
  PayloadOptions options = Options(Method::kTransform, Input::kJson, 0);
  options.bodies = {"[{"};
  EXPECT_EQ(Made(options)[0].events, 0);
  options.input = Input::kTyped;
  EXPECT_FALSE(MakePayloads(options).ok());
}

TEST(Payload, StampsEveryEventOfEveryCallWithItsOwnId) {
  for (const Input input : {Input::kJson, Input::kTyped}) {
    PayloadOptions options = Options(Method::kForward, input, 2);
    options.bodies = {kBody};
    const Payload payload = Made(options).front();
    ASSERT_EQ(payload.id_offsets.size(), 2U);
    std::set<std::string> ids;
    for (std::uint64_t call = 0; call < 50; ++call) {
      std::string bytes = payload.bytes;
      StampIds(payload, /*run=*/5, call * 2, bytes.data());
      segrid::v1::ForwardRequest request;
      ASSERT_TRUE(request.ParseFromString(bytes));
      if (input == Input::kTyped) {
        for (const auto& event : request.events())
          ids.insert(event.sg_event_id());
        continue;
      }
      const auto elements = SplitBody(request.webhook_json());
      ASSERT_TRUE(elements.ok());
      for (const std::string& element : *elements) {
        ids.insert(JsonToEvent(element)->sg_event_id());
      }
    }
    EXPECT_EQ(ids.size(), 100U);
    EXPECT_EQ(ids.begin()->size(), 22U);
  }
}

TEST(Payload, AsksTheEchoForAnAnswerOfASize) {
  PayloadOptions options = Options(Method::kEcho, Input::kJson, 1);
  options.answer_bytes = 1234;
  segrid::bench::v1::EchoRequest request;
  ASSERT_TRUE(request.ParseFromString(Made(options)[0].bytes));
  EXPECT_EQ(request.answer_bytes(), 1234U);
}

}  // namespace
}  // namespace segrid::bench
